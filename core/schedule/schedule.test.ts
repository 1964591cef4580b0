import { describe, expect, it } from 'vitest'
import {
  nodeNames,
  sampleClass,
  sampleGpuRequest,
  sampleGpus,
  sampleInput,
  sampleNode,
} from '../../test/builders/schedule.ts'
import { schedule } from './schedule.ts'

const GIB = 1024 ** 3
const reasons = (input: Parameters<typeof schedule>[0], index = 0) =>
  schedule(input).refusals[index]?.map((r) => r.reason)

describe('filters', () => {
  it('keeps to free CPU and memory and says what is missing', () => {
    const nodes = [
      sampleNode('n1', { free: { cpuMillis: 1500, memoryBytes: 8 * GIB } }),
      sampleNode('n2', { free: { cpuMillis: 4000, memoryBytes: GIB / 2 } }),
    ]
    const input = sampleInput(nodes, [[sampleClass('web'), 2]])
    expect(nodeNames(input)).toEqual([['n1', null]])
    expect(schedule(input).refusals[0]).toEqual([
      { target: 'here', reason: 'not enough CPU; needs 1 CPUs', count: 1, example: 'n1: 0.5 CPUs free of 1.5 CPUs' },
      { target: 'here', reason: 'not enough memory; needs 1 GiB', count: 1, example: 'n2: 512 MiB free of 512 MiB' },
    ])
  })

  it('gives cordoned nodes nothing', () => {
    const input = sampleInput([sampleNode('n1', { cordoned: true })], [[sampleClass('web'), 1]])
    expect(nodeNames(input)).toEqual([[null]])
    expect(reasons(input)).toEqual(['the node is cordoned'])
  })

  it('matches the platform under either name of an architecture', () => {
    const nodes = [sampleNode('arm', { arch: 'aarch64' }), sampleNode('intel', { arch: 'x86_64' })]
    expect(nodeNames(sampleInput(nodes, [[sampleClass('web', { platforms: ['linux/amd64'] }), 1]]))).toEqual([
      ['intel'],
    ])
    expect(nodeNames(sampleInput(nodes, [[sampleClass('web', { platforms: ['linux/arm64/v8'] }), 1]]))).toEqual([
      ['arm'],
    ])
    expect(reasons(sampleInput(nodes, [[sampleClass('web', { platforms: ['windows/amd64'] }), 1]]))).toEqual([
      'needs platform windows/amd64',
    ])
  })

  it.each([
    ['node.labels.disk', 'ssd', 'n1'],
    ['node.hostname', 'N2', 'n2'],
    ['node.id', 'n1', 'n1'],
    ['node.platform.arch', 'aarch64', 'n2'],
    ['node.platform.os', 'linux', 'n1'],
    ['engine.labels.rack', 'r2', 'n2'],
    ['node.labels.zone', 'b', 'n2'],
  ])('honours the constraint %s == %s', (key, value, expected) => {
    const nodes = [
      sampleNode('n1', { labels: { disk: 'ssd' }, zone: 'a' }),
      sampleNode('n2', {
        labels: { disk: 'hdd', rack: 'r2' },
        arch: 'arm64',
        os: key === 'node.platform.os' ? 'windows' : 'linux',
        zone: 'b',
      }),
    ]
    expect(
      nodeNames(sampleInput(nodes, [[sampleClass('web', { constraints: [{ key, operator: '==', value }] }), 1]])),
    ).toEqual([[expected]])
  })

  it('reads != as any other value, a missing label included', () => {
    const nodes = [sampleNode('n1', { labels: { disk: 'ssd' } }), sampleNode('n2')]
    const cls = sampleClass('web', { constraints: [{ key: 'node.labels.disk', operator: '!=', value: 'ssd' }] })
    expect(nodeNames(sampleInput(nodes, [[cls, 1]]))).toEqual([['n2']])
  })

  it('lets role constraints hold where nodes have no roles, and keeps to them where they have', () => {
    const cls = sampleClass('web', { constraints: [{ key: 'node.role', operator: '==', value: 'manager' }] })
    expect(nodeNames(sampleInput([sampleNode('n1')], [[cls, 1]]))).toEqual([['n1']])
    expect(nodeNames(sampleInput([sampleNode('n1', { labels: { 'node.role': 'worker' } })], [[cls, 1]]))).toEqual([
      [null],
    ])
  })

  it.each([
    ['gpu=yes:NoSchedule', true],
    ['gpu=yes', true],
    ['gpu:NoSchedule', true],
    ['gpu', true],
    ['*', true],
    ['gpu=no:NoSchedule', false],
    ['gpu:NoExecute', false],
    ['other', false],
  ])('compares the toleration %s with a taint', (toleration, fits) => {
    const nodes = [sampleNode('n1', { taints: ['gpu=yes:NoSchedule', 'soft=1:PreferNoSchedule'] })]
    const input = sampleInput(nodes, [[sampleClass('web', { tolerations: [toleration] }), 1]])
    expect(nodeNames(input)).toEqual([[fits ? 'n1' : null]])
    if (!fits) expect(reasons(input)).toEqual(['taint gpu=yes:NoSchedule is not tolerated'])
  })

  it('binds a host port once on a node', () => {
    const cls = sampleClass('web', { hostPorts: ['tcp/8080'] })
    const input = sampleInput(
      [sampleNode('n1'), sampleNode('n2'), sampleNode('n3', { hostPorts: ['tcp/8080'] })],
      [[cls, 3]],
    )
    expect(nodeNames(input)).toEqual([['n1', 'n2', null]])
    expect(reasons(input)).toEqual(['host port tcp/8080 is taken'])
  })

  it('puts replicas where their volume is', () => {
    const cls = sampleClass('db', { volumes: ['app_data'] })
    const input = sampleInput(
      [sampleNode('n1'), sampleNode('n2', { volumes: ['app_data'], free: { cpuMillis: 1000, memoryBytes: GIB } })],
      [[cls, 2]],
    )
    expect(nodeNames(input)).toEqual([['n2', null]])
    expect(reasons(input)).toContain('volume app_data is on n2')
  })

  it('keeps all replicas and all services of a new volume on the node of the first', () => {
    const volumes = ['app_data']
    const input = sampleInput(
      [sampleNode('n1'), sampleNode('n2'), sampleNode('n3')],
      [
        [sampleClass('db', { volumes }), 2],
        [sampleClass('backup', { volumes }), 1],
      ],
    )
    expect(new Set(nodeNames(input).flat()).size).toBe(1)
  })

  it('counts running replicas against max_replicas_per_node', () => {
    const cls = sampleClass('web', { maxPerNode: 2 })
    const input = sampleInput([sampleNode('n1', { replicas: { 'app/web': 1 } }), sampleNode('n2')], [[cls, 4]])
    expect(nodeNames(input)).toEqual([['n1', 'n2', 'n2', null]])
    expect(reasons(input)).toEqual(['max_replicas_per_node 2 is reached'])
  })

  it('keeps apart what must not share a node, whoever said so', () => {
    const nodes = [sampleNode('n1'), sampleNode('n2')]
    const loud = sampleClass('loud', { antiAffinity: ['app/calm'] })
    const calm = sampleClass('calm')
    for (const work of [
      [
        [loud, 1],
        [calm, 1],
      ],
      [
        [calm, 1],
        [loud, 1],
      ],
    ] as const) {
      expect(new Set(nodeNames(sampleInput(nodes, work)).flat()).size).toBe(2)
    }
    expect(nodeNames(sampleInput(nodes, [[sampleClass('web', { antiAffinity: ['app/web'] }), 3]]))).toEqual([
      ['n1', 'n2', null],
    ])
  })

  it('tallies at most 20 reasons and sums up the others', () => {
    const nodes = Array.from({ length: 30 }, (_, i) => sampleNode(`n${i}`, { taints: [`t${i}:NoSchedule`] }))
    const rows = schedule(sampleInput(nodes, [[sampleClass('web'), 1]])).refusals[0] ?? []
    expect(rows).toHaveLength(21)
    expect(rows.at(-1)).toEqual({ target: 'here', reason: 'others', count: 10, example: '' })
  })

  it('says so when there are no nodes', () => {
    expect(reasons(sampleInput([], [[sampleClass('web'), 1]]))).toEqual(['the target has no nodes'])
  })
})

describe('GPUs', () => {
  const gpuClass = (over: Parameters<typeof sampleGpuRequest>[0], name = 'train') =>
    sampleClass(name, { gpu: sampleGpuRequest(over) })

  it('matches model, nominal memory, count and id', () => {
    const nodes = [
      sampleNode('l4', { gpus: sampleGpus('l4', 2) }),
      sampleNode('t4', { gpus: sampleGpus('t4', 4).map((g) => ({ ...g, memoryBytes: 16 * GIB })) }),
    ]
    expect(nodeNames(sampleInput(nodes, [[gpuClass({ models: ['l4'] }), 1]]))).toEqual([['l4']])
    expect(nodeNames(sampleInput(nodes, [[gpuClass({ minMemoryBytes: 24 * GIB }), 1]]))).toEqual([['l4']])
    expect(nodeNames(sampleInput(nodes, [[gpuClass({ count: 3 }), 1]]))).toEqual([['t4']])
    const result = schedule(sampleInput(nodes, [[gpuClass({ deviceIds: ['1'], models: ['l4'] }), 1]]))
    expect(result.gpusOf.get(0)).toEqual([1])
  })

  it('explains which GPUs are missing', () => {
    const nodes = [
      sampleNode('n1'),
      sampleNode('n2', { gpus: sampleGpus('t4', 1) }),
      sampleNode('n3', { gpus: sampleGpus('l4', 1, 0.5) }),
    ]
    expect(reasons(sampleInput(nodes, [[gpuClass({ models: ['l4'] }), 1]]))?.sort()).toEqual([
      'GPUs are taken; needs 1 × l4',
      'has no GPU; needs 1 × l4',
      'has not the GPUs; needs 1 × l4',
    ])
  })

  it('takes a card whole unless sharing is allowed, and then the tightest card', () => {
    const gpus = [...sampleGpus('l4', 1), { id: '1', model: 'l4', memoryBytes: 24 * GIB, freeShare: 0.5 }]
    const nodes = [sampleNode('n1', { gpus })]
    expect(schedule(sampleInput(nodes, [[gpuClass({}), 1]])).gpusOf.get(0)).toEqual([0])
    expect(schedule(sampleInput(nodes, [[gpuClass({ sharing: 'allow', share: 0.5 }), 1]])).gpusOf.get(0)).toEqual([1])
    expect(nodeNames(sampleInput(nodes, [[gpuClass({ sharing: 'allow', share: 0.5 }), 4]]))).toEqual([
      ['n1', 'n1', 'n1', null],
    ])
  })

  it('packs single cards beside used ones and keeps whole nodes free', () => {
    const nodes = [
      sampleNode('a', { gpus: sampleGpus('l4', 8) }),
      sampleNode('b', { gpus: [...sampleGpus('l4', 7, 0), ...sampleGpus('l4', 1)] }),
      sampleNode('c', { gpus: sampleGpus('l4', 8) }),
    ]
    expect(nodeNames(sampleInput(nodes, [[gpuClass({}), 1]]))).toEqual([['b']])
  })

  it('keeps CPU-only work on nodes without GPUs, else where it strands least', () => {
    const cpu = sampleNode('cpu', { free: { cpuMillis: 2000, memoryBytes: 8 * GIB } })
    const gpu = sampleNode('gpu', { gpus: sampleGpus('l4', 4) })
    expect(nodeNames(sampleInput([gpu, cpu], [[sampleClass('web'), 3]]))).toEqual([['cpu', 'cpu', 'gpu']])
    const drained = sampleNode('drained', { gpus: sampleGpus('l4', 4, 0) })
    expect(nodeNames(sampleInput([gpu, drained], [[sampleClass('web'), 1]]))).toEqual([['drained']])
  })
})

describe('policies', () => {
  const zoned = ['a1', 'a2', 'a3', 'b1'].map((name) => sampleNode(name, { zone: name.slice(0, 1) }))

  it('balanced spreads a service over zones, then over nodes', () => {
    const [names = []] = nodeNames(sampleInput(zoned, [[sampleClass('web'), 4]]))
    expect(names.filter((name) => name === 'b1')).toHaveLength(2)
    expect(new Set(names).size).toBe(3)
  })

  it('balanced counts running replicas when it spreads', () => {
    const nodes = [sampleNode('n1', { replicas: { 'app/web': 1 } }), sampleNode('n2')]
    expect(nodeNames(sampleInput(nodes, [[sampleClass('web'), 1]]))).toEqual([['n2']])
  })

  it('pack fills one node before the next', () => {
    const [names = []] = nodeNames(sampleInput(zoned, [[sampleClass('web'), 4]], { policy: 'pack' }))
    expect(new Set(names).size).toBe(1)
  })

  it('spread levels GPU work as well', () => {
    const nodes = ['n1', 'n2'].map((name) => sampleNode(name, { gpus: sampleGpus('l4', 4) }))
    const work = [[sampleClass('train', { gpu: sampleGpuRequest() }), 2]] as const
    expect(nodeNames(sampleInput(nodes, work, { policy: 'spread' }))).toEqual([['n1', 'n2']])
    expect(new Set(nodeNames(sampleInput(nodes, work)).flat()).size).toBe(1)
  })

  it('honours placement preferences, outer before inner', () => {
    const nodes = [
      ['r1a', 'r1', 'x'],
      ['r1b', 'r1', 'y'],
      ['r2a', 'r2', 'x'],
      ['r2b', 'r2', 'x'],
    ].map(([name = '', rack = '', row = '']) => sampleNode(name, { labels: { rack, row } }))
    const cls = sampleClass('web', { preferences: [{ spread: 'node.labels.rack' }, { spread: 'node.labels.row' }] })
    const [names = []] = nodeNames(sampleInput(nodes, [[cls, 4]], { policy: 'pack' }))
    expect(names.filter((name) => name?.startsWith('r1'))).toEqual(['r1a', 'r1b'])
  })

  it('prefers the cheaper of equal nodes', () => {
    const nodes = [
      sampleNode('a', { priceUsdPerHour: 2 }),
      sampleNode('b', { priceUsdPerHour: 1 }),
      sampleNode('c', { priceUsdPerHour: 3 }),
    ]
    expect(nodeNames(sampleInput(nodes, [[sampleClass('web'), 1]]))).toEqual([['b']])
  })
})

describe('gangs', () => {
  it('places all replicas or none, and leaves the room to others', () => {
    const nodes = [sampleNode('n1'), sampleNode('n2')]
    const gang = sampleClass('gang', { gang: true })
    const input = sampleInput(nodes, [
      [gang, 9],
      [sampleClass('web'), 8],
    ])
    const [gangNodes = [], webNodes = []] = nodeNames(input)
    expect(gangNodes.every((name) => name === null)).toBe(true)
    expect(webNodes).not.toContain(null)
    expect(reasons(input)?.[0]).toBe('all 9 replicas or none (gang); 8 fit')
    expect(nodeNames(sampleInput(nodes, [[gang, 8]]))[0]).not.toContain(null)
  })

  it('leaves no volume behind where they did not fit', () => {
    const nodes = [sampleNode('n1'), sampleNode('n2', { labels: { disk: 'ssd' }, priceUsdPerHour: 1 })]
    const gang = sampleClass('gang', { gang: true, volumes: ['app_data'] })
    const db = sampleClass('db', {
      volumes: ['app_data'],
      constraints: [{ key: 'node.labels.disk', operator: '==', value: 'ssd' }],
    })
    expect(
      nodeNames(
        sampleInput(nodes, [
          [gang, 5],
          [db, 1],
        ]),
      )[1],
    ).toEqual(['n2'])
  })

  it('gives back evicted replicas when the gang does not fit after all', () => {
    const full = sampleNode('n1', {
      free: { cpuMillis: 0, memoryBytes: 16 * GIB },
      total: { cpuMillis: 4000, memoryBytes: 16 * GIB },
    })
    const running = [
      { id: 'r1', node: 0, key: 'app/old', priority: 0, requests: { cpuMillis: 1000, memoryBytes: GIB }, gpus: [] },
    ]
    const gang = sampleClass('gang', { gang: true, priority: 5 })
    const result = schedule(
      sampleInput(
        [full],
        [
          [gang, 2],
          [sampleClass('web'), 1],
        ],
        { running, preemption: true },
      ),
    )
    expect(result.preempted).toEqual([])
    expect([...result.nodeOf]).toEqual([-1, -1, -1])
  })
})

describe('preemption', () => {
  const full = (name: string) =>
    sampleNode(name, { free: { cpuMillis: 0, memoryBytes: 0 }, total: { cpuMillis: 4000, memoryBytes: 16 * GIB } })
  const replica = (id: string, node: number, priority: number, cpuMillis = 1000) => ({
    id,
    node,
    key: 'app/old',
    priority,
    requests: { cpuMillis, memoryBytes: GIB },
    gpus: [],
  })

  it('evicts the least important work, and only what it needs', () => {
    const running = [replica('high', 0, 8), replica('low', 1, 1), replica('lower', 1, 0), replica('mid', 0, 5)]
    const result = schedule(
      sampleInput([full('n1'), full('n2')], [[sampleClass('web', { priority: 10 }), 1]], { running, preemption: true }),
    )
    expect(result.preempted).toEqual(['lower'])
    expect([...result.nodeOf]).toEqual([1])
  })

  it('never evicts for work of equal or lower priority, nor unless asked', () => {
    const running = [replica('same', 0, 10)]
    const input = sampleInput([full('n1')], [[sampleClass('web', { priority: 10 }), 1]], { running, preemption: true })
    expect(schedule(input).preempted).toEqual([])
    const higher = { ...input, classes: [sampleClass('web', { priority: 11 })] }
    expect(schedule(higher).preempted).toEqual(['same'])
    expect(schedule({ ...higher, preemption: false }).preempted).toEqual([])
  })

  it('serves higher priorities first', () => {
    const nodes = [sampleNode('n1', { free: { cpuMillis: 1000, memoryBytes: GIB } })]
    expect(
      nodeNames(
        sampleInput(nodes, [
          [sampleClass('low'), 1],
          [sampleClass('high', { priority: 1 }), 1],
        ]),
      ),
    ).toEqual([[null], ['n1']])
  })

  it('frees the GPUs of what it evicts', () => {
    const nodes = [sampleNode('n1', { gpus: sampleGpus('l4', 2, 0) })]
    const running = [{ ...replica('gpu', 0, 0), gpus: [{ device: 1, share: 1 }] }]
    const cls = sampleClass('train', { priority: 1, gpu: sampleGpuRequest() })
    const result = schedule(sampleInput(nodes, [[cls, 1]], { running, preemption: true }))
    expect(result.preempted).toEqual(['gpu'])
    expect(result.gpusOf.get(0)).toEqual([1])
  })
})
