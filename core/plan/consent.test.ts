import { describe, expect, it } from 'vitest'
import { placed, planHere, planInput, planTarget, seen, wanted, work } from '../../test/builders/plan.ts'
import { consentOf, covers, makePlan } from './index.ts'

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
    expect(planHere(keep(5), live).diagnostics).toEqual([])
    const refused = planHere(keep(4), live)
    expect(refused.diagnostics).toMatchObject([{ code: 'SP3102', severity: 'error' }])
    expect(refused.summary.consent).toEqual(['override'])
    expect(planHere(keep(4), live, { allowOverride: true }).diagnostics).toEqual([])
    expect(planHere(keep(4), live.slice(1)).diagnostics).toEqual([])
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

  it('that was given covers a later plan of the same classes on the same targets, and no other', () => {
    const cluster = wanted('cluster/prod', { scope: 'target', guard: 'container' })
    const on = (target: string, want: Parameters<typeof planTarget>[1]['want']) =>
      makePlan(planInput([planTarget(target, { want, here: false })]))
    const agreed = on('aws', [work('web')])
    expect(covers(agreed, on('aws', [work('web'), work('api')]))).toBe(true)
    expect(covers(agreed, on('aws', []))).toBe(true)
    expect(covers(agreed, on('aws', [work('web'), cluster]))).toBe(false)
    expect(covers(agreed, on('rack', [work('web')]))).toBe(false)
    expect(covers(agreed, planHere([work('web')], []))).toBe(true)
  })
})
