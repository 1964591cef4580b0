import { describe, expect, it } from 'vitest'
import { app, head, service, target } from '../../test/builders/app.ts'
import { placed, planInput, planTarget, seen, work } from '../../test/builders/plan.ts'
import { Secret } from '../model/secret.ts'
import {
  assertFresh,
  checkSaved,
  describePlan,
  makePlan,
  planReport,
  replicaPrices,
  savedPlan,
  whyWords,
} from './index.ts'

describe('saved plans', () => {
  const t = planTarget('here', { want: [work('web')] })

  it('hold while nothing changed, and say what moved when something did', () => {
    const plan = makePlan(planInput([t]))
    const saved = savedPlan(plan, '2026-01-01T00:00:00Z')
    expect(checkSaved(saved, makePlan(planInput([t])))).toEqual([])
    const other = makePlan(planInput([planTarget('here', { want: [work('web'), work('api')] })]))
    expect(checkSaved(saved, other)).toEqual(['now also: create here/service/api'])
    const image = makePlan(planInput([planTarget('here', { want: [work('web', { replicas: 2 })] })]))
    expect(checkSaved(saved, image)).toEqual(['the files, a release or an object that it stands on has changed'])
    expect(() => assertFresh(saved, other)).toThrow(
      expect.objectContaining({ code: 'StalePlan', details: expect.objectContaining({ diagnostic: 'SP3105' }) }),
    )
  })

  it('still hold when the first deploy has made the target’s key meanwhile, but not when a keyed secret changed', () => {
    const body = (value: string, key: string | null) => {
      const secret = new Secret('web.environment.PW', value)
      return { want: [work('web', { environment: { PW: key === null ? secret : secret.keyed(key) } })] }
    }
    const key = 'cd'.repeat(32)
    const print = (parts: Parameters<typeof planTarget>[1]): string =>
      makePlan(planInput([planTarget('here', parts)])).fingerprint
    expect(print(body('one', key))).toBe(print(body('one', null)))
    const deployed = { state: { head: head() } }
    expect(print({ ...body('one', key), ...deployed })).not.toBe(print({ ...body('two', key), ...deployed }))
  })
})

describe('reports and words', () => {
  const plan = makePlan(
    planInput([planTarget('rack', { here: false, want: [work('web', { replicas: 3 })], live: [seen(work('web'))] })], {
      placements: placed({ web: { rack: 3 } }),
      previous: { web: { rack: 1 } },
      prices: new Map([['rack/web', 0.25]]),
      unplaceable: [
        {
          service: 'gpu',
          count: 2,
          code: 'SP2001',
          refusals: [{ target: 'rack', reason: 'no L4', count: 3, example: 'n1' }],
          hint: 'add a node',
        },
      ],
      exposed: [{ target: 'rack', service: 'web', host: '0.0.0.0', port: null, reach: 'network' }],
    }),
  )

  it('carry the keys that scripts rely on and no bodies', () => {
    const report = planReport(plan)
    expect(Object.keys(report)).toEqual([
      'summary',
      'changes',
      'placements',
      'unplaceable',
      'exposed',
      'ifLost',
      'diagnostics',
    ])
    expect(report.changes).toEqual([
      {
        target: 'rack',
        scope: 'app',
        service: 'web',
        kind: 'service',
        name: 'web',
        action: 'scale',
        because: 'replicas 1 → 3',
        consent: 'expose',
        diff: [{ path: 'replicas', from: 1, to: 3 }],
      },
    ])
    expect(report.summary).toMatchObject({
      unplaceable: 2,
      priceUsdPerHour: { before: 0.25, after: 0.75, includes: ['rack'], excludes: [] },
    })
  })

  it('say everything in words', () => {
    expect(describePlan(planReport(plan))).toEqual({
      groups: [
        {
          target: 'rack',
          scope: 'app',
          rows: [
            {
              sign: '^',
              action: 'scale',
              kind: 'service',
              name: 'web',
              because: 'replicas 1 → 3',
              consent: 'expose',
              fields: ['replicas: 1 → 3'],
            },
          ],
        },
      ],
      unplaceable: [
        {
          service: 'gpu',
          text: '2 replicas of gpu cannot be placed',
          reasons: ['rack: no L4 (3, such as n1)'],
          hint: 'add a node',
        },
      ],
      exposed: ['rack: web opens 0.0.0.0 (a free port) to the network'],
      ifLost: [],
      footer: 'Plan: 1 scale, 0 unchanged · 2 unplaceable · +$0.50/h',
      empty: false,
    })
    expect(whyWords(planReport(plan), 'gpu')).toEqual([
      '2 replicas of gpu cannot be placed',
      '  rack: no L4 (3, such as n1)',
      'add a node',
    ])
  })

  it('price a replica by what it requests', () => {
    const prices = replicaPrices(app([service('web', { requests: { cpuMillis: 500, memoryBytes: 2 * 2 ** 30 } })]), [
      target('rack', { prices: { cpuHour: 0.1, memoryGiBHour: 0.05, gpuHour: {} } }),
      target('free'),
    ])
    expect([...prices]).toEqual([['rack/web', 0.15000000000000002]])
  })
})
