// What an AKS target becomes: names and order that follow from the file alone.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nextVersion } from '../../../core/model/cluster-version.ts'
import type { InfraSpec } from '../../../core/model/infra.ts'
import type { Offering } from '../../../core/model/resources.ts'
import { fleet, target } from '../../../test/builders/app.ts'
import { assignmentName, poolName } from './names.ts'
import { renderInfra } from './render.ts'

const offer = (instanceType: string, capacityType: 'spot' | 'on-demand'): Offering => ({
  ...{ target: 'azure', pool: null, instanceType, region: 'westeurope', zone: null, capacityType, arch: 'amd64' },
  resources: { cpuMillis: 4000, memoryBytes: 2 ** 34 },
  ...{ gpus: null, priceUsdPerHour: 1, available: true, because: '', asOf: '2026-01-01', source: 'test' },
})

const spec = (create: object | null, max = 3): InfraSpec => {
  const pool = { name: 'web', kind: 'nodes' as const, settings: { min: 1, max } }
  const settings = { subscription: 's', resourceGroup: 'g', location: 'West Europe', cluster: 'c' }
  return {
    fleet: { ...fleet([]), name: 'acme' },
    target: { ...target('azure', { settings: create === null ? settings : { ...settings, create } }), provider: 'aks' },
    pools: [
      {
        pool,
        groups: (['spot', 'on-demand'] as const).map((capacityType) => ({
          capacityType,
          types: [offer('Standard_D4s_v5', capacityType)],
          because: '',
        })),
      },
    ],
    live: {
      ...{ reachable: true, complete: true, because: null, observedAt: '', account: 's', cluster: 'absent' },
      ...{ objects: [], pools: [], diagnostics: [] },
    },
  }
}

describe('renderInfra', () => {
  it('makes one pool behind the other, each waiting for the one before', () => {
    const pools = renderInfra(spec({})).filter(({ kind }) => kind === 'AgentPool')
    const [system, spot, regular] = pools
    expect(pools).toHaveLength(3)
    expect([system?.awaits, spot?.awaits]).toEqual([['aks/Cluster/c'], ['aks/Cluster/c']])
    expect(regular?.awaits).toEqual([spot?.id])
  })

  it('makes pools alone for a used cluster, and none where nodes come by themselves', () => {
    expect(renderInfra(spec(null)).map(({ kind }) => kind)).toEqual(['AgentPool', 'AgentPool'])
    const auto = renderInfra(spec({ nodes: 'auto' }))
    expect(auto.filter(({ kind }) => kind === 'AgentPool')).toHaveLength(1)
    expect(auto.find(({ kind }) => kind === 'Cluster')?.body).toMatchObject({
      provisioning: 'auto',
      prioritised: false,
    })
  })

  it('keeps the name of a pool whose sizes change, and of a cluster whose pools change', () => {
    const [before, after] = [renderInfra(spec({}, 3)), renderInfra(spec({}, 9))]
    expect(after.map(({ id }) => id)).toEqual(before.map(({ id }) => id))
    const changed = after.filter(({ hash }, i) => hash !== before[i]?.hash).map(({ kind }) => kind)
    expect(changed).toEqual(['AgentPool', 'AgentPool'])
  })
})

describe('names', () => {
  it('are what AKS takes for a pool, whatever the user calls it', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.constantFrom('spot', 'on-demand', 'system'), (pool, way) => {
        expect(poolName(pool, way, pool)).toMatch(/^[a-z][a-z0-9]{0,11}$/)
      }),
    )
  })

  it('are UUIDs for assignments, the same in any case of the scope', () => {
    const owner = { fleet: 'acme', target: 'azure' }
    const name = assignmentName(owner, { scope: '/A/b', role: 'R', label: 'kubelet' })
    expect(name).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    expect(assignmentName(owner, { scope: '/a/B', role: 'r', label: 'kubelet' })).toBe(name)
    expect(assignmentName(owner, { scope: '/a/B', role: 'r', label: 'other' })).not.toBe(name)
  })
})

describe('nextVersion', () => {
  it.each([
    ['1.36', null, '1.36'],
    ['1.36', '1.34.8', '1.35'],
    ['1.36', '1.35.5', '1.36'],
    [null, '1.34.8', null],
  ])('of %s on %s is %s', (written, live, next) => {
    expect(nextVersion(written, live)).toBe(next)
  })
})
