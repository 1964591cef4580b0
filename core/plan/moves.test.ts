import { describe, expect, it } from 'vitest'
import { app, service } from '../../test/builders/app.ts'
import { linesOf, placed, planInput, planTarget, seen, wanted, work } from '../../test/builders/plan.ts'
import { makePlan } from './index.ts'

describe('moves between targets', () => {
  const input = (over = {}) => {
    const a = planTarget('a', { want: [work('web', { replicas: 1 })], live: [seen(work('web', { replicas: 3 }))] })
    const b = planTarget('b', { want: [work('web', { replicas: 2 })] })
    return planInput([a, b], { placements: placed({ web: { a: 1, b: 2 } }), previous: { web: { a: 3 } }, ...over })
  }

  it('make before they break, and say both sides', () => {
    const plan = makePlan(input())
    expect(linesOf(plan)).toEqual([
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
    expect(linesOf(sealed)).toEqual(['move b service/db: 1 replica moved from a'])
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
