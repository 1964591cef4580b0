// The Kubernetes provider keeps the provider contract on real control planes of both minors, through its real client. Pods
// are kwok's: their log is one file, their commands run on this machine, and metrics-server reads their usage from what
// their annotations say. Nothing is skipped.
import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Service } from '../../../core/model/app.ts'
import { describeProvider, type Harness } from '../../../providers/conformance.ts'
import { type Minor, startPlane } from '../../clusters/index.ts'
import { harnessOn } from './provider-harness.ts'

const NODES = [1, 2].map((n) => ({ name: `node-${n}`, cpu: '16', memory: '32Gi', pods: 200 }))

/** Two scrapes of metrics-server, which cannot be closer than 10 s, on a machine that is busy. */
const READY_MS = 75_000

const USAGE = { 'kwok.x-k8s.io/usage-cpu': '25m', 'kwok.x-k8s.io/usage-memory': '24Mi' }

const shape = (service: Service): Service => ({
  ...service,
  image: 'registry.example/printer:1',
  compose: { ...service.compose, annotations: USAGE },
})

const stamp = (): string => new Date().toISOString().replace('Z', '000000Z')

const make = async (minor: Minor): Promise<Harness> => {
  const plane = await startPlane({ name: `provider-${minor}`, minor, nodes: NODES, metrics: true })
  await appendFile(join(plane.folder, 'simulated.log'), `${stamp()} stdout F line-of-the-suite\n`)
  return harnessOn(plane, { shape, readyWithinMs: READY_MS })
}

for (const minor of ['1.36', '1.34'] as const) describeProvider(`kubernetes ${minor}`, () => make(minor))
