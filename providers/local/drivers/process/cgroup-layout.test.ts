import { describe, expect, it } from 'vitest'
import { parseMounts, parseOomKills, parseOwnV2Path, settingsV1, settingsV2 } from './cgroup-layout.ts'

const limits = { cpuMillis: 250, memoryBytes: 1024, pids: 7 }
const none = { cpuMillis: null, memoryBytes: null, pids: null }

describe('control groups', () => {
  it('are found in a hybrid layout, also where controllers share a mount', () => {
    const text = [
      'cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,cpu,cpuacct 0 0',
      'cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0',
      'cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0',
      'tmpfs /tmp tmpfs rw 0 0',
    ].join('\n')
    expect(parseMounts(text)).toEqual({
      v1: { cpu: '/sys/fs/cgroup/cpu,cpuacct', memory: '/sys/fs/cgroup/memory' },
      v2: '/sys/fs/cgroup/unified',
    })
  })

  it('are found in a unified layout', () => {
    expect(parseMounts('cgroup2 /sys/fs/cgroup cgroup2 rw 0 0')).toEqual({ v1: {}, v2: '/sys/fs/cgroup' })
    expect(parseMounts('')).toEqual({ v1: {}, v2: null })
    expect(parseOwnV2Path('4:memory:/x\n0::/user.slice/a\n')).toBe('/user.slice/a')
  })

  it('take the limits of both generations', () => {
    expect(settingsV1('cpu', limits).map(({ file, value }) => `${file}=${value}`)).toEqual([
      'cpu.cfs_period_us=100000',
      'cpu.cfs_quota_us=25000',
    ])
    expect(settingsV1('memory', limits).map(({ file, value }) => `${file}=${value}`)).toEqual([
      'memory.limit_in_bytes=1024',
      'memory.memsw.limit_in_bytes=1024',
    ])
    expect(settingsV2(limits).map(({ file, value }) => `${file}=${value}`)).toEqual([
      'memory.max=1024',
      'memory.swap.max=0',
      'cpu.max=25000 100000',
      'pids.max=7',
    ])
    expect([...settingsV1('memory', none), ...settingsV1('freezer', limits), ...settingsV2(none)]).toEqual([])
  })

  it('count kills for want of memory in both generations', () => {
    expect(parseOomKills('oom_kill_disable 0\nunder_oom 0\noom_kill 2')).toBe(2)
    expect(parseOomKills('low 0\nmax 3\noom 1\noom_kill 1\noom_group_kill 0\n')).toBe(1)
    expect(parseOomKills('')).toBe(0)
  })
})
