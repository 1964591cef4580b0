import { describe, expect, it } from 'vitest'
import { sampleClass, sampleGpuRequest, sampleGpus, sampleNode } from '../../test/builders/schedule.ts'
import { createPool } from './pool.ts'

const poolOf = (
  nodes: Parameters<typeof createPool>[0]['nodes'],
  classes: Parameters<typeof createPool>[0]['classes'],
) => createPool({ target: 'here', nodes, classes, seed: 1 })

describe('a pool', () => {
  it('fills up step by step and says how many found room', () => {
    const web = sampleClass('web')
    const pool = poolOf([sampleNode('n1'), sampleNode('n2')], [web])
    expect([pool.add(web, 5), pool.add(web, 5)]).toEqual([5, 3])
    expect(pool.refusals(web)[0]?.reason).toBe('not enough CPU; needs 1 CPUs')
  })

  it('takes back everything since a mark: resources, cards, ports and homes of volumes', () => {
    const work = [
      sampleClass('train', { gpu: sampleGpuRequest({ count: 2 }) }),
      sampleClass('edge', { hostPorts: ['tcp/80'] }),
      sampleClass('db', { volumes: ['data'] }),
      sampleClass('web'),
    ]
    const pool = poolOf([sampleNode('n1', { gpus: sampleGpus('l4', 2) }), sampleNode('n2')], work)
    const fill = () => work.map((cls) => pool.add(cls, 8))
    const mark = pool.mark()
    const first = fill()
    pool.rollback(mark)
    expect(fill()).toEqual(first)
    expect(first).toEqual([1, 2, expect.any(Number), expect.any(Number)])
    expect(first.reduce((sum, count) => sum + count, 0)).toBe(8)
  })

  it('frees what runs for others', () => {
    const web = sampleClass('web')
    const full = sampleNode('n1', { free: { cpuMillis: 0, memoryBytes: 0 }, replicas: { 'app/web': 2 } })
    const pool = poolOf([full], [web])
    expect(pool.add(web, 1)).toBe(0)
    pool.free(web, 9)
    expect(pool.add(sampleClass('api'), 9)).toBe(2)
  })

  it('counts the nodes that suit a class, full or not', () => {
    const agent = sampleClass('agent', { constraints: [{ key: 'node.labels.disk', operator: '==', value: 'ssd' }] })
    const nodes = [
      sampleNode('fits', { labels: { disk: 'ssd' } }),
      sampleNode('full', { labels: { disk: 'ssd' }, free: { cpuMillis: 0, memoryBytes: 0 } }),
      sampleNode('cordoned', { labels: { disk: 'ssd' }, cordoned: true }),
      sampleNode('runs it', { labels: { disk: 'ssd' }, cordoned: true, replicas: { 'app/agent': 1 } }),
      sampleNode('other'),
    ]
    expect(poolOf(nodes, [agent]).eligibleNodes(agent)).toBe(3)
    const gpuAgent = sampleClass('gpuAgent', { gpu: sampleGpuRequest({ models: ['l4'] }) })
    expect(
      poolOf([sampleNode('a', { gpus: sampleGpus('l4', 1, 0) }), sampleNode('b')], [gpuAgent]).eligibleNodes(gpuAgent),
    ).toBe(1)
  })
})
