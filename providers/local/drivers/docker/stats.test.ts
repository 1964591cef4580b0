import { expect, test } from 'vitest'
import { memoryOf, rate } from './stats.ts'

test('the CPU rate is thousandths of a core between two samples', () => {
  expect(rate({ atMs: 1_000, cpuNanos: 0 }, { atMs: 3_000, cpuNanos: 1e9 })).toBe(500)
  expect(rate({ atMs: 1_000, cpuNanos: 5 }, { atMs: 1_000, cpuNanos: 9 })).toBe(0)
  expect(rate({ atMs: 1_000, cpuNanos: 5e9 }, { atMs: 2_000, cpuNanos: 0 })).toBe(0)
})

test('memory leaves out the cache that the kernel drops first, by the words of cgroup v1 and v2', () => {
  const sample = (stats: Record<string, number>) => ({ read: '', cpu_stats: {}, memory_stats: { usage: 100, stats } })
  expect(memoryOf(sample({ total_inactive_file: 30 }))).toBe(70)
  expect(memoryOf(sample({ inactive_file: 40 }))).toBe(60)
  expect(memoryOf(sample({}))).toBe(100)
  expect(memoryOf({ read: '', cpu_stats: {}, memory_stats: {} })).toBe(0)
})
