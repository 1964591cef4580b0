// Cases about objects: render, apply, observe, prune, and what belongs to others.
import { expect } from 'vitest'
import { isStormportError } from '../../core/errors.ts'
import type { NativeObject } from '../../core/model/native-object.ts'
import type { Action } from '../../core/model/plan.ts'
import type { Case, Cases } from './case.ts'
import type { Drive } from './drive.ts'

const rendersSameBytes: Case = async (d) => {
  const app = d.newApp()
  const state = await d.observe(app)
  const wish = { app, services: { web: 2, api: 1 }, secret: 'conformance-value' }
  const [once, twice, later] = [d.render(wish, state), d.render(wish, state), d.render({ ...wish, release: 7 }, state)]
  expect(JSON.stringify(twice)).toBe(JSON.stringify(once))
  expect(
    later.map((o) => o.hash),
    'the release number is part of a hash',
  ).toEqual(once.map((o) => o.hash))
  const other = d.render({ ...wish, say: 'something else' }, state)
  const same = other.filter((o) => once.some((x) => x.id === o.id && x.hash === o.hash))
  expect(
    same.filter((o) => o.service === 'web' && holdsText(o.body, 'something else')),
    'a changed body with the same hash',
  ).toEqual([])
  const ids = once.map((o) => o.id)
  expect(new Set(ids).size).toBe(ids.length)
  expect(
    once.flatMap((o) => o.after).filter((id) => !ids.includes(id)),
    'after names an object that is not rendered',
  ).toEqual([])
  expect(once.some((o) => o.service === 'web') && once.some((o) => o.service === 'api')).toBe(true)
}

const holdsText = (body: unknown, text: string): boolean => JSON.stringify(body).includes(text)

const appliesOnce: Case = async (d) => {
  const wish = { app: d.newApp(), services: { web: 1 } }
  const first = await d.deploy(wish)
  expect(first.length).toBeGreaterThan(0)
  expect(
    first.filter((a) => !a.changed).map((a) => a.action.id),
    'created, and yet nothing changed',
  ).toEqual([])
  for (const { action } of first) expect(await d.apply(wish.app, action), `${action.id} applied twice`).toBe(false)
  const plan = d.plan(wish, await d.observe(wish.app))
  expect(plan.actions.map((a) => `${a.kind} ${a.id}: ${a.because}`)).toEqual([])
  expect(plan.summary.unchanged).toBe(first.length)
}

const seesWhatItApplied: Case = async (d) => {
  const wish = { app: d.newApp(), services: { web: 2 } }
  const state = await d.ready(wish)
  for (const want of d.render(wish, state)) {
    const live = state.objects.find((o) => o.id === want.id)
    expect(live, want.id).toMatchObject({
      owner: 'ours',
      hash: want.hash,
      kind: want.kind,
      name: want.name,
      stage: want.stage,
      scope: want.scope,
      drift: [],
    })
  }
  expect(state).toMatchObject({ reachable: true, complete: true })
  expect(state.services.find((s) => s.service === 'web')).toMatchObject({ desired: 2, ready: 2 })
  const replicas = state.replicas.filter((r) => r.service === 'web')
  expect(new Set(replicas.map((r) => r.id)).size).toBe(2)
  for (const r of replicas) expect(r).toMatchObject({ target: d.harness.target.name, phase: 'ready', ready: true })
}

const keepsIdentity: Case = async (d) => {
  const wish = { app: d.newApp(), services: { web: 1 } }
  await d.deploy(wish)
  const [a, b] = [await d.observe(wish.app), await d.observe(wish.app)]
  expect(a.identity).not.toBe('')
  expect(b.identity).toBe(a.identity)
  expect(b.objects.map((o) => [o.id, o.uid])).toEqual(a.objects.map((o) => [o.id, o.uid]))
  expect(new Set(a.objects.map((o) => o.uid)).size).toBe(a.objects.length)
  if (d.harness.otherTarget === undefined) return
  const other = await d.harness.provider.observe(d.harness.otherTarget, wish.app, d.signal())
  expect(other.identity).not.toBe(a.identity)
  expect(other.objects, 'objects of one target are seen on another').toEqual([])
}

const rollsAChange: Case = async (d) => {
  const app = d.newApp()
  const before = await d.ready({ app, services: { web: 1 }, say: 'one' })
  const changed = { app, services: { web: 1 }, say: 'two' }
  const plan = d.plan(changed, before)
  expect(plan.actions.map((a) => a.kind)).not.toContain('create')
  expect(plan.actions.some((a) => a.service === 'web' && (a.kind === 'update' || a.kind === 'replace'))).toBe(true)
  const after = await d.ready(changed)
  const old = before.replicas.map((r) => r.id)
  await d.until(
    'the old replica gone',
    async () => ((await d.observe(app)).replicas.some((r) => old.includes(r.id)) ? undefined : true),
    d.harness.readyWithinMs,
  )
  const work = plan.actions.find((a) => a.service === 'web' && a.kind === 'update')
  if (work !== undefined) expect(after.objects.find((o) => o.id === work.id)?.uid).toBe(work.live?.uid)
}

const seesScaling: Case = async (d) => {
  const app = d.newApp()
  const before = await d.ready({ app, services: { web: 1 } })
  const plan = d.plan({ app, services: { web: 2 } }, before)
  expect(plan.actions.map((a) => [a.kind, a.service])).toEqual([['scale', 'web']])
  const after = await d.ready({ app, services: { web: 2 } })
  expect(
    after.replicas.map((r) => r.id),
    'scaling replaced a replica',
  ).toEqual(expect.arrayContaining(before.replicas.map((r) => r.id)))
}

const prunes: Case = async (d) => {
  const app = d.newApp()
  const before = await d.ready({ app, services: { web: 1, api: 1 } })
  const smaller = { app, services: { web: 1 } }
  const removals = d.plan(smaller, before).actions.filter((a) => a.kind === 'remove')
  expect(removals.some((a) => a.service === 'api')).toBe(true)
  expect(removals.filter((a) => a.service === 'web' || a.live?.owner !== 'ours')).toEqual([])
  await d.deploy(smaller)
  await d.until('the pruned objects gone', async () => {
    const seen = await d.observe(app)
    return seen.objects.some((o) => o.service === 'api') || seen.replicas.some((r) => r.service === 'api')
      ? undefined
      : true
  })
  for (const action of removals) expect(await d.apply(app, action), `${action.id} removed twice`).toBe(false)
  expect((await d.observe(app)).services.find((s) => s.service === 'web')?.ready).toBe(1)
}

const leavesNothing: Case = async (d) => {
  const wish = { app: d.newApp(), services: { web: 2 } }
  await d.ready(wish)
  await d.harness.provider.records(d.harness.target, wish.app).secretKey(true)
  await d.destroy(wish.app)
  const state = await d.observe(wish.app)
  expect(state).toMatchObject({ objects: [], replicas: [], head: null, secretKey: null })
  expect(state.services.filter((s) => s.desired > 0 || s.ready > 0)).toEqual([])
  await d.destroy(wish.app)
}

const workObject = (d: Drive, objects: readonly NativeObject[]): NativeObject => {
  const found = objects.find((o) => o.service === 'web' && o.guard === 'none')
  if (found === undefined) throw new Error(`${d.harness.provider.kind} renders no object for web`)
  return found
}

const leavesForeign: Case = async (d) => {
  const { makeForeign } = d.harness
  if (makeForeign === undefined) return
  const wish = { app: d.newApp(), services: { web: 1 } }
  const want = workObject(d, d.render(wish, await d.observe(wish.app)))
  const theirs = await makeForeign(want, wish.app)
  try {
    const plan = d.plan(wish, await d.observe(wish.app))
    expect(plan.diagnostics).toContainEqual(expect.objectContaining({ code: 'SP3101', severity: 'error' }))
    expect(plan.actions.filter((a) => a.id === want.id)).toEqual([])
    const refused = await d.apply(wish.app, creationOf(want, d)).then(
      () => null,
      (error: unknown) => error,
    )
    expect(isStormportError(refused) && refused.code, 'an apply over somebody else’s object must fail').toBe('Foreign')
    expect(await theirs.intact()).toBe(true)
  } finally {
    await theirs.remove()
  }
}

const creationOf = (object: NativeObject, d: Drive): Action => ({
  kind: 'create',
  target: d.harness.target.name,
  id: object.id,
  objectKind: object.kind,
  name: object.name,
  service: object.service ?? null,
  scope: object.scope,
  stage: object.stage,
  because: 'the suite tries',
  consent: 'none',
  diff: [],
  object,
  live: null,
})

const reportsDrift: Case = async (d) => {
  const { drift } = d.harness
  if (drift === undefined) return
  const wish = { app: d.newApp(), services: { web: 1 } }
  const before = await d.ready(wish)
  const path = await drift(workObject(d, d.render(wish, before)), wish.app)
  const state = await d.observe(wish.app)
  expect(state.objects.flatMap((o) => o.drift.map((x) => x.path))).toContain(path)
  const plan = d.plan(wish, state)
  expect(plan.actions.map((a) => [a.kind, a.consent])).toEqual([['update', 'override']])
  await d.deploy(wish)
  expect((await d.observe(wish.app)).objects.flatMap((o) => o.drift)).toEqual([])
}

const keepsOnPartial: Case = async (d) => {
  const { makePartial } = d.harness
  if (makePartial === undefined) return
  const wish = { app: d.newApp(), services: { web: 1, api: 1 } }
  await d.ready(wish)
  const whole = await makePartial()
  try {
    const state = await d.observe(wish.app)
    expect(state).toMatchObject({ reachable: true, complete: false, because: expect.any(String) })
    expect(d.plan({ ...wish, services: {} }, state).actions.filter((a) => a.kind === 'remove')).toEqual([])
  } finally {
    await whole()
  }
  expect((await d.observe(wish.app)).complete).toBe(true)
}

/** Where a connection cannot be cut after the effect, the client gives up at several moments: one of them hits. */
const CUTS_MS = [0, 2, 6]

const survivesCutApply: Case = async (d) => {
  for (const cutMs of d.harness.dropNextApply === undefined ? CUTS_MS : [null]) {
    const wish = { app: d.newApp(), services: { web: 1 } }
    const actions = d.plan(wish, await d.observe(wish.app)).waves.flatMap((w) => w.actions)
    for (const action of actions) {
      await applyAndLose(d, { app: wish.app, action, cutMs })
      await d.apply(wish.app, action)
    }
    const state = await d.ready(wish)
    expect(state.objects.map((o) => o.id).sort()).toEqual(actions.map((a) => a.id).sort())
    expect(state.replicas.filter((r) => r.service === 'web')).toHaveLength(1)
    expect(d.plan(wish, state).actions).toEqual([])
  }
}

interface Lost {
  readonly app: string
  readonly action: Action
  readonly cutMs: number | null
}

const applyAndLose = async (d: Drive, { app, action, cutMs }: Lost): Promise<void> => {
  if (cutMs === null) await d.harness.dropNextApply?.()
  const signal = cutMs === null ? d.signal() : AbortSignal.timeout(cutMs)
  await d.apply(app, action, signal).catch(() => false)
}

export const objectCases: Cases = {
  'renders the same bytes for the same spec': rendersSameBytes,
  'applies once and then has nothing to do': appliesOnce,
  'sees what it applied as ours, with its hash, and ready in time': seesWhatItApplied,
  'keeps identity and uids stable': keepsIdentity,
  'rolls a changed service without losing its object': rollsAChange,
  'sees a changed count as scaling only': seesScaling,
  'removes what is no longer wanted, and removing twice is fine': prunes,
  'leaves nothing behind after everything is removed': leavesNothing,
  'leaves the object of another owner alone': leavesForeign,
  'reports fields that another manager changed': reportsDrift,
  'removes nothing on a partial observation': keepsOnPartial,
  'ends with one object when apply is cut off and repeated': survivesCutApply,
}
