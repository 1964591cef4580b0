// Names that stand for a place outside of this cluster (x-stormport.reach): an address goes into the pod's hosts file, a
// name becomes a Service that points to it.
import { isIP } from 'node:net'
import type { NativeObject } from '../../../core/model/native-object.ts'
import { dnsName, isDnsName } from '../names.ts'
import type { RenderContext } from './context.ts'
import { nativeObject, STAGE, sorted } from './object.ts'

/** 'db.shop.internal:5432' → the host alone: the port is the application's own business. */
export const bareHost = (address: string): string =>
  isIP(address) === 6 ? address : address.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')

export const reachServices = (context: RenderContext): readonly NativeObject[] => {
  const taken = new Set([...context.byName.keys()].map((name) => dnsName(name)))
  const reached = new Map(
    context.spec.services
      .flatMap((s) => Object.entries(s.reach))
      .map(([host, address]) => [host, bareHost(address)] as const)
      .filter(([host, address]) => isIP(address) === 0 && isDnsName(host) && !taken.has(host)),
  )
  return sorted(reached, ([host]) => host).map(([host, externalName]) =>
    nativeObject(context, {
      apiVersion: 'v1',
      kind: 'Service',
      name: host,
      stage: STAGE.passive,
      fields: { spec: { type: 'ExternalName', externalName } },
    }),
  )
}
