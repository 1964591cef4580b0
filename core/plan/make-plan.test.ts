import { describe, expect, it } from 'vitest'
import { app, service } from '../../test/builders/app.ts'
import {
  afterPlan,
  linesOf,
  placed,
  planHere,
  planInput,
  planTarget,
  seen,
  wanted,
  work,
} from '../../test/builders/plan.ts'
import { Secret } from '../model/secret.ts'
import { consentOf, makePlan } from './index.ts'

describe('the differ', () => {
  it('creates what is not there, and says where a new service stands in the file', () => {
    const definition = app([service('web', { span: { file: '/project/compose.yaml', line: 31, column: 3 } })])
    const plan = planHere([wanted('network/shop_default'), work('web')], [], { definition })
    expect(linesOf(plan)).toEqual([
      'create here network/shop_default: network is new',
      'create here service/web: service is new (compose.yaml:31)',
    ])
    expect(plan.summary).toMatchObject({ create: 2, unchanged: 0, consent: [] })
  })

  it('says what changed in words, several reasons joined', () => {
    const before = work('web', { container: { image: 'web:1', environment: { TAG: 'blue', OLD: '1' } }, codeHash: 'a' })
    const after = work('web', { container: { image: 'web:2', environment: { TAG: 'green' } }, codeHash: 'a' })
    expect(linesOf(planHere([after], [seen(before)]))).toEqual([
      'update here service/web: environment OLD removed, environment TAG changed, image changed',
    ])
    const code = work('web', { container: { image: 'web:1', environment: { TAG: 'blue', OLD: '1' } }, codeHash: 'b' })
    expect(linesOf(planHere([code], [seen(before)]))).toEqual(['update here service/web: code changed'])
  })

  it('calls a change of the count alone a scale', () => {
    const plan = planHere([work('web', { replicas: 3 })], [seen(work('web'))])
    expect(linesOf(plan)).toEqual(['scale here service/web: replicas 1 → 3'])
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
    expect(linesOf(plan)).toEqual(['replace here volume/data: its driver is fixed, driver changed'])
    expect(plan.summary.consent).toEqual(['destroy'])
  })

  it('puts drift right, names who caused it and asks to override another manager', () => {
    const want = work('web')
    const drift = [{ path: 'replicas', want: 1, live: 5, manager: 'kubectl' }]
    const plan = planHere([want], [seen(want, { drift })])
    expect(linesOf(plan)).toEqual(['update here service/web: replicas changed by kubectl'])
    expect(plan.actions[0]).toMatchObject({ consent: 'override', diff: [{ path: 'replicas', from: 5, to: 1 }] })
  })

  it('shows no drifted secret', () => {
    const want = work('web', {
      container: { image: 'web:1', environment: { PW: new Secret('web.environment.PW', 'hunter2') } },
    })
    const drift = [{ path: 'container.environment.PW', want: 'hunter2', live: 'hunter3' }]
    expect(JSON.stringify(planHere([want], [seen(want, { drift })]).actions[0]?.diff)).not.toContain('hunter')
  })

  it('removes what left the file, after everything else and in reverse stage order', () => {
    const live = [wanted('network/shop_old'), work('api', {}, 2), work('db', {}, 1)].map((o) => seen(o))
    const plan = planHere([wanted('network/shop_default'), work('web')], live)
    expect(linesOf(plan)).toEqual([
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
      linesOf(
        planHere([work('front', { ports })], [seen(work('web', { ports }))], {
          placements: placed({ front: { here: 1 } }),
        }),
      ),
    ).toEqual(['remove here service/web: removed from the file', 'create here service/front: service is new'])
  })

  it('keeps data that left the file, and says so', () => {
    const plan = planHere([work('web')], [seen(wanted('volume/data', { guard: 'data' })), seen(work('web'))])
    expect(plan.actions).toEqual([])
    expect(plan.diagnostics).toMatchObject([{ code: 'SP3106', severity: 'note' }])
  })

  it('keeps the configs of the previous healthy release', () => {
    const old = seen(wanted('config/shop_cfg-aaaaaaaa'))
    const t = planTarget('here', { want: [wanted('config/shop_cfg-bbbbbbbb')], live: [old], over: { keep: [old.id] } })
    expect(makePlan(planInput([t])).summary).toMatchObject({ create: 1, remove: 0 })
    expect(linesOf(makePlan(planInput([{ ...t, keep: [] }])))).toContain(
      'remove here config/shop_cfg-aaaaaaaa: replaced by shop_cfg-bbbbbbbb',
    )
  })

  it('refuses to touch an object of another owner, unless it may override', () => {
    const live = [seen(work('web', { replicas: 9 }), { owner: 'foreign' as const })]
    const refused = planHere([work('web')], live)
    expect(refused.actions).toEqual([])
    expect(refused.summary.unchanged).toBe(0)
    expect(refused.diagnostics).toMatchObject([{ code: 'SP3101', severity: 'error', service: 'web' }])
    const taken = planHere([work('web')], live, { allowOverride: true })
    expect(linesOf(taken)).toEqual(['update here service/web: taken over from another owner'])
    expect(taken.summary.consent).toEqual(['override'])
  })

  it('uses a volume and a network of others as they are', () => {
    const volume = wanted('volume/data', { guard: 'data' })
    const plan = planHere(
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
    expect(linesOf(plan)).toEqual(['create a service/web: service is new', 'prepare b config/x: config is new'])
  })

  it('touches only the services that were named, and what they share', () => {
    const live = [seen(work('web')), seen(work('api')), seen(work('old'))]
    const want = [wanted('network/n'), work('web', { replicas: 2 }), work('api', { replicas: 2 })]
    expect(linesOf(planHere(want, live, { only: ['web'] }))).toEqual([
      'create here network/n: network is new',
      'scale here service/web: replicas 1 → 2',
    ])
  })

  it('replaces a forced service although nothing changed', () => {
    expect(linesOf(planHere([work('web')], [seen(work('web'))], { force: ['web'] }))).toEqual([
      'replace here service/web: replacement asked for',
    ])
  })

  it('calls two objects under one id our bug', () => {
    expect(() => planHere([work('web'), work('web')], [])).toThrow(/one id/)
  })
})

describe('destroying', () => {
  const live = [seen(wanted('volume/data', { guard: 'data' })), seen(work('web'))]
  it('keeps volumes unless they are asked for, and asks for consent then', () => {
    const keep = makePlan(planInput([planTarget('here', { want: [], live })], { removing: 'all' }))
    expect(linesOf(keep)).toEqual(['remove here service/web: the application is destroyed'])
    expect(keep.summary.consent).toEqual([])
    const all = makePlan(planInput([planTarget('here', { want: [], live })], { removing: 'allWithVolumes' }))
    expect(linesOf(all)).toEqual([
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
    expect(linesOf(next)).toEqual([])
    expect(next.summary.unchanged).toBe(2)
  })
})
