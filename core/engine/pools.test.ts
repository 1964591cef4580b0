import { describe, expect, it } from 'vitest'
import { target } from '../../test/builders/app.ts'
import { sampleGpus, sampleNode } from '../../test/builders/schedule.ts'
import { poolReports } from './pools.ts'

const GIB = 2 ** 30
const half = { cpuMillis: 2_000, memoryBytes: 8 * GIB }

describe('pools', () => {
  it.each([
    ['karpenter.sh/nodepool', 'general'],
    ['eks.amazonaws.com/nodegroup', 'workers'],
    ['kubernetes.azure.com/agentpool', 'system'],
    ['cloud.google.com/gke-nodepool', 'main'],
    ['node.kubernetes.io/instance-type', 'm7i.xlarge'],
  ])('are told apart by %s', (label, name) => {
    const nodes = [sampleNode('a', { labels: { [label]: name } }), sampleNode('b', { labels: { [label]: name } })]
    expect(poolReports(target('x'), nodes)).toMatchObject([{ name, label, nodes: 2 }])
  })

  it('count what is free on nodes that take work alone, and GPUs by model', () => {
    const nodes = [
      sampleNode('a', { pool: 'gpu', zone: 'z1', free: half, total: half, gpus: sampleGpus('l4', 2) }),
      sampleNode('b', { pool: 'gpu', zone: 'z2', total: half, cordoned: true, gpus: sampleGpus('l4', 1) }),
    ]
    expect(poolReports(target('x'), nodes)).toEqual([
      {
        name: 'gpu',
        label: null,
        nodes: 2,
        cordoned: 1,
        zones: ['z1', 'z2'],
        total: { cpuMillis: 4_000, memoryBytes: 16 * GIB },
        free: half,
        gpus: [{ model: 'l4', total: 3, free: 2 }],
        priceUsdPerHour: null,
        min: null,
        max: null,
      },
    ])
  })

  it('that are declared and empty are shown with their bounds and cost nothing', () => {
    const prices = { cpuHour: 0.01, memoryGiBHour: 0.002, gpuHour: { l4: 0.2 } }
    const pools = [{ name: 'burst', kind: 'nodes', settings: { min: 0, max: 4 } }] as const
    const nodes = [sampleNode('a', { free: half, gpus: sampleGpus('l4', 1) })]
    expect(poolReports(target('x', { prices, pools }), nodes)).toMatchObject([
      { name: 'burst', nodes: 0, min: 0, max: 4, priceUsdPerHour: 0 },
      { name: 'default', nodes: 1, priceUsdPerHour: 0.236 },
    ])
  })
})
