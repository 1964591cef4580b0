import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createPool, type PoolMember } from './pool.ts'

const backend = (id: string, draining = false) => ({ id, host: '127.0.0.1', port: 1, draining })
const none: ReadonlySet<string> = new Set()

const take = (pool: ReturnType<typeof createPool>): PoolMember => {
  const member = pool.choose(none, 0)
  if (member === null) throw new Error('no backend')
  pool.acquire(member)
  return member
}

describe('backends of a port', () => {
  it('get connections evenly, whatever closes in between', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.array(fc.boolean(), { maxLength: 80 }), (count, steps) => {
        const pool = createPool()
        pool.replace(Array.from({ length: count }, (_, index) => backend(`b${index}`)))
        const open: PoolMember[] = []
        for (const opens of steps) {
          const last = opens ? undefined : open.pop()
          if (last === undefined) {
            const least = Math.min(...Array.from({ length: count }, (_, index) => pool.connections(`b${index}`)))
            const member = take(pool)
            expect(member.active).toBe(least + 1)
            open.push(member)
          } else pool.release(last)
        }
      }),
    )
  })

  it('that are equal take turns', () => {
    const pool = createPool()
    pool.replace([backend('a'), backend('b'), backend('c')])
    const order = Array.from({ length: 6 }, () => {
      const member = take(pool)
      pool.release(member)
      return member.id
    })
    expect(order).toEqual(['a', 'b', 'c', 'a', 'b', 'c'])
  })

  it('that leave get nothing new, and are counted until the last connection is closed', () => {
    const pool = createPool()
    pool.replace([backend('a')])
    const member = take(pool)
    pool.replace([backend('a', true), backend('b')])
    expect(member.leaving).toBe(true)
    expect(take(pool).id).toBe('b')
    pool.replace([backend('b')])
    expect(pool.connections('a')).toBe(1)
    pool.release(member)
    expect(pool.connections('a')).toBe(0)
    pool.replace([])
    expect(pool.choose(none, 0)).toBeNull()
  })

  it('that failed come last for a while, and not at all in the same attempt', () => {
    const pool = createPool()
    pool.replace([backend('a'), backend('b')])
    const first = pool.choose(none, 0)
    if (first === null) throw new Error('no backend')
    pool.suspect(first, 0)
    expect([1, 2].map(() => pool.choose(none, 10)?.id)).toEqual(['b', 'b'])
    expect(pool.choose(new Set(['b']), 10)?.id).toBe('a')
    expect(pool.choose(new Set(['a', 'b']), 10)).toBeNull()
    expect(['a', 'b']).toEqual([1, 2].map(() => pool.choose(none, 5000)?.id).toSorted())
  })
})
