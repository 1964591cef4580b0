import { describe, expect, it } from 'vitest'
import { placed, planInput, planTarget, seen, work } from '../../test/builders/plan.ts'
import { makePlan, turnsOf } from './index.ts'

const move = (from: string, to: string) =>
  makePlan(
    planInput([planTarget(from, { want: [], live: [seen(work('web'))] }), planTarget(to, { want: [work('web')] })], {
      placements: placed({ web: { [to]: 1 } }),
      previous: { web: { [from]: 1 } },
    }),
  ).actions

describe('turns of targets', () => {
  it('stay as they were asked for when nobody waits for a later one', () => {
    expect(turnsOf([['a'], ['b', 'c']], [])).toEqual([['a'], ['b', 'c']])
    expect(turnsOf([['b'], ['c'], ['a']], move('a', 'b'))).toEqual([['b'], ['c'], ['a']])
  })

  it('join a target that waits with the later one and all between', () => {
    expect(turnsOf([['x'], ['a'], ['c'], ['b'], ['d']], move('a', 'b'))).toEqual([['x'], ['a', 'c', 'b'], ['d']])
  })

  it('join chains of waiting targets', () => {
    const actions = [...move('a', 'b'), ...move('b', 'c')]
    expect(turnsOf([['a'], ['b'], ['c'], ['d']], actions)).toEqual([['a', 'b', 'c'], ['d']])
  })
})
