import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { head } from '../../test/builders/app.ts'
import { deployingHead, emptyHead, failedHead, headFindings, healthyHead, rollbackTo } from './heads.ts'

describe('the head of an app on a target', () => {
  it('points at a new release that is not healthy yet and remembers the last healthy one', () => {
    const next = deployingHead(head(), { number: 2, id: 'b' }, 'git')
    expect(next).toMatchObject({ version: 2, current: 2, previousHealthy: 1, state: 'deploying' })
    expect(next.releases.at(-1)).toEqual({ number: 2, id: 'b', healthy: false })
  })

  it('forgets counts that were set by hand: the file wins', () => {
    const scaled = { web: { replicas: 9, by: 'ana', at: '2026-01-01T00:00:00Z' } }
    expect(deployingHead(head({ scaled }), { number: 2, id: 'b' }, 'git').scaled).toEqual({})
  })

  it('keeps ten releases, the newest ones, in rising order, whatever was deployed', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }), (outcomes) => {
        let now = emptyHead('git')
        for (const [i, good] of outcomes.entries()) {
          now = deployingHead(now, { number: i + 1, id: `r${i}` }, 'git')
          now = good ? healthyHead(now, i + 1) : failedHead(now)
        }
        const numbers = now.releases.map((r) => r.number)
        const from = Math.max(1, outcomes.length - 9)
        expect(numbers).toEqual(Array.from({ length: outcomes.length - from + 1 }, (_, i) => from + i))
        expect(now.version).toBe(outcomes.length * 2)
      }),
    )
  })

  it('rolls back to the newest healthy release before the current one, or to the one that is named', () => {
    const releases = [
      { number: 1, id: 'a', healthy: true },
      { number: 2, id: 'b', healthy: false },
      { number: 3, id: 'c', healthy: true },
    ]
    expect(rollbackTo(head({ current: 3, releases }), null)?.number).toBe(1)
    expect(rollbackTo(head({ current: 3, releases }), 2)?.number).toBe(2)
    expect(rollbackTo(head({ current: 3, releases }), 7)).toBeUndefined()
    expect(rollbackTo(head({ current: 1 }), null)).toBeUndefined()
  })
})

describe('heads that are not ours', () => {
  const input = { app: 'shop', origin: 'git', names: ['rack', 'aws'], allowOverride: false }

  it('refuses an app that another checkout deployed, unless it is taken over', () => {
    const heads = [head({ origin: 'elsewhere' }), null]
    expect(headFindings({ ...input, heads })).toMatchObject([{ code: 'SP3110', severity: 'error', target: 'rack' }])
    expect(headFindings({ ...input, heads, allowOverride: true })).toMatchObject([{ severity: 'warning' }])
    expect(headFindings({ ...input, heads, origin: null })).toEqual([])
  })

  it('refuses histories in which one number means two releases', () => {
    const other = head({ releases: [{ number: 1, id: 'z', healthy: true }] })
    expect(headFindings({ ...input, heads: [head(), other] })).toMatchObject([{ code: 'SP3111', severity: 'error' }])
    expect(headFindings({ ...input, heads: [head(), head()] })).toEqual([])
  })

  it('forgives what lay before a release that joined them', () => {
    const history = (...ids: readonly string[]) =>
      head({ releases: ids.map((id, i) => ({ number: i + 1, id, healthy: true })) })
    const found = (...heads: readonly ReturnType<typeof history>[]) => headFindings({ ...input, heads }).length
    expect(found(history('a', 'j'), history('b', 'j'))).toBe(0)
    expect(found(history('a', 'j', 'x'), history('b', 'j', 'y'))).toBe(1)
    expect(found(history('a', 'j'), history('b'))).toBe(1)
  })
})
