// The Kubernetes provider keeps the provider contract where pods are real: containers from a registry print, are exec'd into
// and are measured by metrics-server through the kubelet's own figures. Nothing is skipped.
import type { Service } from '../../../core/model/app.ts'
import { describeProvider, type Harness, NODE_PROGRAM } from '../../../providers/conformance.ts'
import { startKubeletPlane } from '../../clusters/index.ts'
import { imageArchive } from '../../engines/images.ts'
import { harnessOn } from './provider-harness.ts'

const READY_MS = 75_000

const make = async (): Promise<Harness> => {
  const plane = await startKubeletPlane({ name: 'provider-real', metrics: true })
  const { digest } = await plane.registry.push({ name: 'node:1', layer: await imageArchive('node'), cmd: ['node'] })
  const shape = (service: Service): Service => ({
    ...service,
    image: digest,
    command: ['node', '-e', NODE_PROGRAM],
    compose: { ...service.compose, user: '65534:65534' },
  })
  return harnessOn(plane, { shape, readyWithinMs: READY_MS })
}

describeProvider('kubernetes with a kubelet', make)
