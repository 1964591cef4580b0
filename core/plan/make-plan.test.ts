import { describe, expect, it } from 'vitest'
import { app, head, service, target } from '../../test/builders/app.ts'
import { afterPlan, placed, planInput, planTarget, seen, wanted, work } from '../../test/builders/plan.ts'
import type { Plan } from '../model/plan.ts'
import { Secret } from '../model/secret.ts'
import {
  assertFresh,
  checkSaved,
  consentOf,
  describePlan,
  makePlan,
  planReport,
  replicaPrices,
  savedPlan,
  whyWords,
} from './index.ts'

const lines = (plan: Plan): readonly string[] => plan.actions.map((a) => `${a.kind} ${a.target} ${a.id}: ${a.because}`)

const one = (want: ReturnType<typeof work>[], live: ReturnType<typeof seen>[], over = {}): Plan =>
  makePlan(planInput([planTarget('here', { want, live })], { placements: placed({ web: { here: 1 } }), ...over }))

describe('the differ', () => {
  it('creates what is not there, and says where a new service stands in the file', () => {
    const definition = app([service('web', { span: { file: '/project/compose.yaml', line: 31, column: 3 } })])
    const plan = one([wanted('network/shop_default'), work('web')], [], { definition })
    expect(lines(plan)).toEqual([
      'create here network/shop_default: network is new',
      'create here service/web: service is new (compose.yaml:31)',
    ])
    expect(plan.summary).toMatchObject({ create: 2, unchanged: 0, consent: [] })
  })

  it('says what changed in words, several reasons joined', () => {
    const before = work('web', { container: { image: 'web:1', environment: { TAG: 'blue', OLD: '1' } }, codeHash: 'a' })
    const after = work('web', { container: { image: 'web:2', environment: { TAG: 'green' } }, codeHash: 'a' })
    expect(lines(one([after], [seen(before)]))).toEqual([
      'update here service/web: environment OLD removed, environment TAG changed, image changed',
    ])
    const code = work('web', { container: { image: 'web:1', environment: { TAG: 'blue', OLD: '1' } }, codeHash: 'b' })
    expect(lines(one([code], [seen(before)]))).toEqual(['update here service/web: code changed'])
  })

  it('calls a change of the count alone a scale', () => {
    const plan = one([work('web', { replicas: 3 })], [seen(work('web'))])
    expect(lines(plan)).toEqual(['scale here service/web: replicas 1 → 3'])
    expect(plan.actions[0]?.diff).toEqual([{ path: 'replicas', from: 1, to: 3 }])
  })

  it('replaces what cannot be changed in place, and data only with consent', () => {
    const volume = wanted('volume/data', { guard: 'data', body: { driver: 'a' } })
    const t = planTarget('here', {
      want: [wanted('volume/data', { guard: 'data', body: { driver: 'b' } })],
      live: [seen(volume)],
      over: { replaces: () => ({ because: 'its driver is fixed' }) },
    })
    const plan = makePlan(planInput([t]))
    expect(lines(plan)).toEqual(['replace here volume/data: its driver is fixed, driver changed'])
    expect(plan.summary.consent).toEqual(['destroy'])
  })

  it('puts drift right, names who caused it and asks to override another manager', () => {
    const want = work('web')
    const drift = [{ path: 'replicas', want: 1, live: 5, manager: 'kubectl' }]
    const plan = one([want], [seen(want, { drift })])
    expect(lines(plan)).toEqual(['update here service/web: replicas changed by kubectl'])
    expect(plan.actions[0]).toMatchObject({ consent: 'override', diff: [{ path: 'replicas', from: 5, to: 1 }] })
  })

  it('shows no drifted secret', () => {
    const want = work('web', {
      container: { image: 'web:1', environment: { PW: new Secret('web.environment.PW', 'hunter2') } },
    })
    const drift = [{ path: 'container.environment.PW', want: 'hunter2', live: 'hunter3' }]
    expect(JSON.stringify(one([want], [seen(want, { drift })]).actions[0]?.diff)).not.toContain('hunter')
  })

  it('removes what left the file, after everything else and in reverse stage order', () => {
    const live = [wanted('network/shop_old'), work('api', {}, 2), work('db', {}, 1)].map((o) => seen(o))
    const plan = one([wanted('network/shop_default'), work('web')], live)
    expect(lines(plan)).toEqual([
      'create here network/shop_default: network is new',
      'create here service/web: service is new',
      'remove here service/api: removed from the file',
      'remove here service/db: removed from the file',
      'remove here network/shop_old: removed from the file',
    ])
  })

  it('removes first what holds a published port that another service takes over', () => {
    const ports = [{ target: 80, published: 8080, protocol: 'tcp' }]
    expect(
      lines(
        one([work('front', { ports })], [seen(work('web', { ports }))], { placements: placed({ front: { here: 1 } }) }),
      ),
    ).toEqual(['remove here service/web: removed from the file', 'create here service/front: service is new'])
  })

  it('keeps data that left the file, and says so', () => {
    const plan = one([work('web')], [seen(wanted('volume/data', { guard: 'data' })), seen(work('web'))])
    expect(plan.actions).toEqual([])
    expect(plan.diagnostics).toMatchObject([{ code: 'SP3106', severity: 'note' }])
  })

  it('keeps the configs of the previous healthy release', () => {
    const old = seen(wanted('config/shop_cfg-aaaaaaaa'))
    const t = planTarget('here', { want: [wanted('config/shop_cfg-bbbbbbbb')], live: [old], over: { keep: [old.id] } })
    expect(makePlan(planInput([t])).summary).toMatchObject({ create: 1, remove: 0 })
    expect(lines(makePlan(planInput([{ ...t, keep: [] }])))).toContain(
      'remove here config/shop_cfg-aaaaaaaa: replaced by shop_cfg-bbbbbbbb',
    )
  })

  it('refuses to touch an object of another owner, unless it may override', () => {
    const live = [seen(work('web', { replicas: 9 }), { owner: 'foreign' as const })]
    const refused = one([work('web')], live)
    expect(refused.actions).toEqual([])
    expect(refused.summary.unchanged).toBe(0)
    expect(refused.diagnostics).toMatchObject([{ code: 'SP3101', severity: 'error', service: 'web' }])
    const taken = one([work('web')], live, { allowOverride: true })
    expect(lines(taken)).toEqual(['update here service/web: taken over from another owner'])
    expect(taken.summary.consent).toEqual(['override'])
  })

  it('uses a volume and a network of others as they are', () => {
    const volume = wanted('volume/data', { guard: 'data' })
    const plan = one(
      [volume, wanted('ns/shop', { guard: 'container' })],
      [
        seen(volume, { owner: 'foreign' }),
        seen(wanted('ns/shop', { guard: 'container' }), { owner: 'foreign', hash: 'x' }),
      ],
    )
    expect(plan.actions).toEqual([])
    expect(plan.diagnostics).toMatchObject([{ code: 'SP3104', severity: 'note' }])
  })

  it('removes nothing on a target that was seen in part, and says why', () => {
    const t = planTarget('here', {
      want: [],
      live: [seen(work('web'))],
      state: { complete: false, because: 'two of three nodes answered' },
    })
    const plan = makePlan(planInput([t]))
    expect(plan.actions).toEqual([])
    expect(plan.diagnostics).toMatchObject([
      { code: 'SP3103', message: expect.stringContaining('two of three nodes answered') },
    ])
  })

  it('prepares a target where no replica goes', () => {
    const t = (name: string, want: ReturnType<typeof wanted>[]) => planTarget(name, { want })
    const plan = makePlan(
      planInput([t('a', [work('web')]), t('b', [wanted('config/x')])], { placements: placed({ web: { a: 1 } }) }),
    )
    expect(lines(plan)).toEqual(['create a service/web: service is new', 'prepare b config/x: config is new'])
  })

  it('touches only the services that were named, and what they share', () => {
    const live = [seen(work('web')), seen(work('api')), seen(work('old'))]
    const want = [wanted('network/n'), work('web', { replicas: 2 }), work('api', { replicas: 2 })]
    expect(lines(one(want, live, { only: ['web'] }))).toEqual([
      'create here network/n: network is new',
      'scale here service/web: replicas 1 → 2',
    ])
  })

  it('replaces a forced service although nothing changed', () => {
    expect(lines(one([work('web')], [seen(work('web'))], { force: ['web'] }))).toEqual([
      'replace here service/web: replacement asked for',
    ])
  })

  it('calls two objects under one id our bug', () => {
    expect(() => one([work('web'), work('web')], [])).toThrow(/one id/)
  })
})

describe('destroying', () => {
  const live = [seen(wanted('volume/data', { guard: 'data' })), seen(work('web'))]
  it('keeps volumes unless they are asked for, and asks for consent then', () => {
    const keep = makePlan(planInput([planTarget('here', { want: [], live })], { removing: 'all' }))
    expect(lines(keep)).toEqual(['remove here service/web: the application is destroyed'])
    expect(keep.summary.consent).toEqual([])
    const all = makePlan(planInput([planTarget('here', { want: [], live })], { removing: 'allWithVolumes' }))
    expect(lines(all)).toEqual([
      'remove here service/web: the application is destroyed',
      'remove here volume/data: the application is destroyed with its data',
    ])
    expect(consentOf(all)).toEqual([
      { consent: 'destroy', items: ['here: remove volume data (the application is destroyed with its data)'] },
    ])
  })

  it('never removes the namespace around data that stays', () => {
    const namespace = seen(wanted('namespace/shop', { guard: 'container' }))
    const plan = (removing: 'all' | 'allWithVolumes') =>
      makePlan(planInput([planTarget('here', { want: [], live: [...live, namespace] })], { removing }))
    expect(plan('all').actions.map((a) => a.id)).not.toContain('namespace/shop')
    expect(plan('allWithVolumes').actions.map((a) => a.id)).toContain('namespace/shop')
  })
})

describe('consent', () => {
  it('is apply on a remote target and nothing here', () => {
    const remote = makePlan(planInput([planTarget('rack', { want: [work('web')], here: false })]))
    expect(remote.summary.consent).toEqual(['apply'])
    expect(consentOf(remote)).toEqual([{ consent: 'apply', items: ['rack: 1 create'] }])
    expect(makePlan(planInput([planTarget('here', { want: [work('web')] })])).summary.consent).toEqual([])
  })

  it('is expose for a new door of a remote target, and lists it', () => {
    const exposed = [
      { target: 'rack', service: 'web', host: '0.0.0.0', port: 80, reach: 'network' },
      { target: 'rack', service: 'web', host: '127.0.0.1', port: 81, reach: 'machine' },
    ]
    const plan = makePlan(planInput([planTarget('rack', { want: [work('web')], here: false })], { exposed }))
    expect(plan.exposed.map((e) => e.consent)).toEqual(['expose', 'none'])
    expect(consentOf(plan)).toEqual([{ consent: 'expose', items: ['rack: web opens 0.0.0.0:80 to the network'] }])
  })

  it('is spend for what makes or enlarges a cluster', () => {
    const cluster = wanted('cluster/prod', { scope: 'target', guard: 'container' })
    expect(makePlan(planInput([planTarget('aws', { want: [cluster], here: false })])).summary.consent).toEqual([
      'spend',
    ])
  })

  it('is override, and an error without it, when a deploy would remove most of a larger application', () => {
    const live = Array.from({ length: 10 }, (_, i) => seen(work(`s${i}`)))
    const keep = (n: number) => Array.from({ length: n }, (_, i) => work(`s${i}`))
    expect(one(keep(5), live).diagnostics).toEqual([])
    const refused = one(keep(4), live)
    expect(refused.diagnostics).toMatchObject([{ code: 'SP3102', severity: 'error' }])
    expect(refused.summary.consent).toEqual(['override'])
    expect(one(keep(4), live, { allowOverride: true }).diagnostics).toEqual([])
    expect(one(keep(4), live.slice(1)).diagnostics).toEqual([])
  })

  it('does not take a move of the whole application for a mass removal', () => {
    const names = Array.from({ length: 12 }, (_, i) => `s${i}`)
    const previous = Object.fromEntries(names.map((n) => [n, { a: 1 }]))
    const placements = placed(Object.fromEntries(names.map((n) => [n, { b: 1 }])))
    const targets = [
      planTarget('a', { want: [], live: names.map((n) => seen(work(n))) }),
      planTarget('b', { want: names.map((n) => work(n)) }),
    ]
    const plan = makePlan(planInput(targets, { previous, placements }))
    expect(plan.diagnostics).toEqual([])
    expect(plan.summary).toMatchObject({ move: 12, remove: 12 })
  })
})

describe('moves between targets', () => {
  const input = (over = {}) => {
    const a = planTarget('a', { want: [work('web', { replicas: 1 })], live: [seen(work('web', { replicas: 3 }))] })
    const b = planTarget('b', { want: [work('web', { replicas: 2 })] })
    return planInput([a, b], { placements: placed({ web: { a: 1, b: 2 } }), previous: { web: { a: 3 } }, ...over })
  }

  it('make before they break, and say both sides', () => {
    const plan = makePlan(input())
    expect(lines(plan)).toEqual([
      'scale a service/web: 2 replicas moved to b',
      'move b service/web: 2 replicas moved from a',
    ])
    expect(plan.actions[0]).toMatchObject({ needs: [{ target: 'b', service: 'web', state: 'ready' }], awaits: ['b'] })
    expect(plan.actions[1]?.needs).toBeUndefined()
  })

  it('break before they make where a service must never run twice', () => {
    const definition = app([service('db', { extension: { ...service('x').extension, singleton: true } })])
    const live = [seen(work('db'))]
    const targets = [planTarget('a', { want: [], live }), planTarget('b', { want: [work('db')] })]
    const moving = { definition, placements: placed({ db: { b: 1 } }), previous: { db: { a: 1 } } }
    const plan = makePlan(planInput(targets, moving))
    expect(plan.actions.map((a) => [a.kind, a.target, a.needs ?? []])).toEqual([
      ['remove', 'a', []],
      ['move', 'b', [{ target: 'a', service: 'db', state: 'gone' }]],
    ])
  })

  it('hold back what must never run twice while the old place is dark, and go on when it is sealed', () => {
    const definition = app([service('db', { extension: { ...service('x').extension, singleton: true } })])
    const dark = planTarget('a', { want: [], state: { reachable: false, complete: false }, over: { untouched: true } })
    const moving = { definition, placements: placed({ db: { b: 1 } }), previous: { db: { a: 1 } } }
    const held = makePlan(planInput([dark, planTarget('b', { want: [work('db')] })], { ...moving, owed: ['a'] }))
    expect(held.actions).toEqual([])
    expect(held.diagnostics).toMatchObject([{ code: 'SP3107', service: 'db', target: 'a' }])
    const sealed = makePlan(planInput([dark, planTarget('b', { want: [work('db')] })], moving))
    expect(lines(sealed)).toEqual(['move b service/db: 1 replica moved from a'])
  })
})

describe('waves', () => {
  it('give what waits for another target a wave of its own, so that its stage does not wait with it', () => {
    const definition = app([service('db', { extension: { ...service('x').extension, singleton: true } })])
    const targets = [
      planTarget('a', { want: [], live: [seen(work('db'))] }),
      planTarget('b', { want: [work('db'), work('web')] }),
    ]
    const moving = { definition, placements: placed({ db: { b: 1 }, web: { b: 1 } }), previous: { db: { a: 1 } } }
    const waves = makePlan(planInput(targets, moving)).waves.filter((w) => w.target === 'b')
    expect(waves.map((w) => w.actions.map((a) => a.id))).toEqual([['service/web'], ['service/db']])
  })

  it('put an object behind everything that it names, whatever its stage', () => {
    const want = [
      work('web', {}, 1),
      wanted('config/b', { stage: 1, after: ['config/a'] }),
      wanted('config/a', { stage: 2 }),
    ]
    expect(makePlan(planInput([planTarget('here', { want })])).waves.map((w) => w.actions.map((a) => a.id))).toEqual([
      ['service/web'],
      ['config/a'],
      ['config/b'],
    ])
  })

  it('call objects that wait for each other our bug', () => {
    const want = [wanted('config/a', { after: ['config/b'] }), wanted('config/b', { after: ['config/a'] })]
    expect(() => makePlan(planInput([planTarget('here', { want })]))).toThrow(/wait for each other/)
  })
})

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

describe('after a plan has been applied', () => {
  it('the next plan is empty', () => {
    const targets = [
      planTarget('a', {
        want: [wanted('network/n'), work('web', { replicas: 2 })],
        live: [seen(work('web')), seen(work('old'))],
      }),
    ]
    const input = planInput(targets, { placements: placed({ web: { a: 2 } }) })
    const next = makePlan({ ...input, targets: afterPlan(targets, makePlan(input)) })
    expect(lines(next)).toEqual([])
    expect(next.summary.unchanged).toBe(2)
  })
})
