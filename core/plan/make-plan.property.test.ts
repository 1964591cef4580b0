// Rules that hold for every input, tried on random fleets: some targets dark, seen in part or sealed, some objects of other
// owners, services that grow, shrink, move, change, appear and go.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { app, service } from '../../test/builders/app.ts'
import { afterPlan, placed, planInput, planTarget, seen, wanted, work } from '../../test/builders/plan.ts'
import type { NativeObject } from '../model/native-object.ts'
import type { Action, Plan, Wave } from '../model/plan.ts'
import type { ObservedObject } from '../model/replica.ts'
import { makePlan, type PlanInput, type PlanTarget } from './index.ts'

const TARGETS = ['a', 'b', 'c'] as const
const SERVICES = ['s0', 's1', 's2', 's3', 's4'] as const

type Counts = Readonly<Record<string, Readonly<Record<string, number>>>>

interface World {
  readonly before: Counts
  readonly after: Counts
  readonly singletons: readonly string[]
  readonly changed: readonly string[]
  readonly foreign: readonly string[]
  readonly dark: readonly string[]
  readonly partial: readonly string[]
}

const countsOf = (spread: fc.Arbitrary<number>): fc.Arbitrary<Counts> =>
  fc.record(
    Object.fromEntries(SERVICES.map((s) => [s, fc.record(Object.fromEntries(TARGETS.map((t) => [t, spread])))])),
  )

const someOf = (names: readonly string[]): fc.Arbitrary<string[]> => fc.subarray([...names])

const worlds = (faults: boolean): fc.Arbitrary<World> =>
  fc
    .record({
      before: countsOf(fc.integer({ min: 0, max: 4 })),
      after: countsOf(fc.integer({ min: 0, max: 4 })),
      singletons: someOf(SERVICES),
      changed: someOf(SERVICES),
      foreign: faults ? someOf(SERVICES) : fc.constant([]),
      dark: faults ? someOf(TARGETS) : fc.constant([]),
      partial: faults ? someOf(TARGETS) : fc.constant([]),
      home: fc.record(
        Object.fromEntries(
          SERVICES.map((s) => [s, fc.tuple(fc.constantFrom(...TARGETS), fc.constantFrom(...TARGETS))]),
        ),
      ),
    })
    .map(({ home, ...world }) => ({
      ...world,
      before: single(world.before, world.singletons, home, 0),
      after: single(world.after, world.singletons, home, 1),
    }))

/** A singleton has one replica, on one target. */
const single = (
  counts: Counts,
  singletons: readonly string[],
  home: Readonly<Record<string, readonly string[]>>,
  side: 0 | 1,
): Counts =>
  Object.fromEntries(
    Object.entries(counts).map(([s, by]) => [s, singletons.includes(s) ? { [home[s]?.[side] ?? 'a']: 1 } : by]),
  )

const objectsOf = (world: World, side: 'before' | 'after', target: string): readonly NativeObject[] => {
  const running = SERVICES.map((s, i) => ({ s, i, count: world[side][s]?.[target] ?? 0 })).filter((x) => x.count > 0)
  const version = (s: string): string => (side === 'after' && world.changed.includes(s) ? `${s}:2` : `${s}:1`)
  const shared = running.length > 0 ? [wanted('network/n'), wanted('volume/v', { guard: 'data' })] : []
  return [
    ...shared,
    ...running.map(({ s, i, count }) => work(s, { replicas: count, container: { image: version(s) } }, 1 + i)),
  ]
}

const targetsOf = (world: World): readonly PlanTarget[] =>
  TARGETS.map((name) => {
    const live = objectsOf(world, 'before', name).map(
      (o): ObservedObject =>
        seen(o, { owner: o.service !== undefined && world.foreign.includes(o.service) ? 'foreign' : 'ours' }),
    )
    const dark = world.dark.includes(name)
    return planTarget(name, {
      want: objectsOf(world, 'after', name),
      live: dark ? [] : live,
      state: dark ? { reachable: false, complete: false, identity: '' } : { complete: !world.partial.includes(name) },
      over: { untouched: dark },
    })
  })

const inputOf = (world: World, over: Partial<PlanInput> = {}): PlanInput =>
  planInput(targetsOf(world), {
    definition: app(
      SERVICES.map((s) =>
        service(s, { extension: { ...service(s).extension, singleton: world.singletons.includes(s) } }),
      ),
    ),
    previous: world.before,
    placements: placed(world.after),
    owed: world.dark,
    ...over,
  })

const check = (arbitrary: fc.Arbitrary<World>, rule: (world: World) => void): void =>
  fc.assert(fc.property(arbitrary, rule), { numRuns: 150 })

describe('for every fleet', () => {
  it('a plan after its own application is empty', () => {
    check(worlds(false), (world) => {
      const input = inputOf(world)
      const next = makePlan({ ...input, targets: afterPlan(input.targets, makePlan(input)), previous: world.after })
      expect(next.actions.map((a) => `${a.kind} ${a.target}/${a.id}`)).toEqual([])
    })
  })

  it('the same input gives the same plan, in whatever order objects were seen', () => {
    check(worlds(true), (world) => {
      const input = inputOf(world)
      const shuffled = input.targets.map((t) => ({
        ...t,
        state: { ...t.state, objects: [...t.state.objects].reverse() },
        rendered: [...t.rendered].reverse(),
      }))
      const plan = makePlan(input)
      expect(makePlan(input)).toEqual(plan)
      const other = makePlan({ ...input, targets: shuffled })
      expect(other.fingerprint).toBe(plan.fingerprint)
      expect(other.waves).toEqual(plan.waves)
    })
  })

  it('no object of another owner is changed, and nothing is removed on doubt', () => {
    check(worlds(true), (world) => {
      for (const removing of ['surplus', 'all', 'allWithVolumes'] as const)
        for (const a of makePlan(inputOf(world, { removing })).actions) {
          expect(a.live?.owner ?? 'ours').toBe('ours')
          expect(world.dark).not.toContain(a.target)
          if (a.kind === 'remove') expect(world.partial).not.toContain(a.target)
          if (a.kind === 'remove' && a.live?.guard === 'data')
            expect([removing, a.consent]).toEqual(['allWithVolumes', 'destroy'])
        }
    })
  })

  it('every wanted object is unchanged, acted upon, refused or held back, and none twice', () => {
    check(worlds(true), (world) => {
      const plan = makePlan(inputOf(world))
      const keys = plan.actions.map((a) => `${a.target}/${a.id}`)
      expect(new Set(keys).size).toBe(keys.length)
      expect(plan.waves.flatMap((w) => w.actions)).toEqual(plan.actions)
      const wantedCount = targetsOf(world)
        .filter((t) => !world.dark.includes(t.target.name))
        .reduce((n, t) => n + t.rendered.length, 0)
      const acted = plan.actions.filter((a) => a.kind !== 'remove').length
      const refused = plan.diagnostics.filter((d) => d.code === 'SP3101').length
      expect(acted + plan.summary.unchanged + refused).toBeLessThanOrEqual(wantedCount)
      if (plan.diagnostics.every((d) => d.code !== 'SP3107'))
        expect(acted + plan.summary.unchanged + refused).toBe(wantedCount)
    })
  })

  it('on each target stages go up while making and down while removing', () => {
    check(worlds(false), (world) => {
      const plan = makePlan(inputOf(world))
      for (const target of TARGETS) {
        const waves = plan.waves.filter((w) => w.target === target)
        const makes = waves.filter((w) => w.actions.every((a) => a.kind !== 'remove' && !shrinks(a)))
        const removals = waves.filter((w) =>
          w.actions.every((a) => a.kind === 'remove' && !world.singletons.includes(a.service ?? '')),
        )
        const last = makes.at(-1)
        const first = removals[0]
        if (last !== undefined && first !== undefined)
          expect(waves.indexOf(first), 'a removal comes before what takes its place').toBeGreaterThan(
            waves.indexOf(last),
          )
        expect(makes.map((w) => w.stage)).toEqual(makes.map((w) => w.stage).sort((a, b) => a - b))
        expect(removals.map((w) => w.stage)).toEqual(removals.map((w) => w.stage).sort((a, b) => b - a))
      }
    })
  })
})

const shrinks = (a: Action): boolean => (a.needs ?? []).some((n) => n.state === 'ready')

describe('for every order in which targets run their waves', () => {
  it('a move keeps the least of both counts up, runs no singleton twice, and ends as placed', () => {
    fc.assert(
      fc.property(worlds(false), fc.infiniteStream(fc.nat()), (world, picks) => {
        const plan = makePlan(inputOf(world))
        const counts = run(plan, world, { picks, after: (now) => holds(world, now) })
        for (const s of SERVICES)
          for (const t of TARGETS) expect(counts.get(s)?.get(t) ?? 0).toBe(world.after[s]?.[t] ?? 0)
      }),
      { numRuns: 150 },
    )
  })
})

type Live = ReadonlyMap<string, ReadonlyMap<string, number>>

const total = (by: Readonly<Record<string, number>> | undefined): number =>
  Object.values(by ?? {}).reduce((a, b) => a + b, 0)

const holds = (world: World, now: Live): void => {
  for (const s of SERVICES) {
    const counts = [...(now.get(s)?.values() ?? [])]
    if (world.singletons.includes(s))
      expect(counts.filter((n) => n > 0).length, `${s} runs twice`).toBeLessThanOrEqual(1)
    else
      expect(
        counts.reduce((a, b) => a + b, 0),
        `${s} is short`,
      ).toBeGreaterThanOrEqual(Math.min(total(world.before[s]), total(world.after[s])))
  }
}

interface Run {
  readonly picks: fc.Stream<number>
  readonly after: (now: Live) => void
}

/** Runs the waves as the engine may: each target in its order, targets side by side, a wave only when its needs are met. */
const run = (plan: Plan, world: World, { picks, after }: Run): Live => {
  const counts = new Map(SERVICES.map((s) => [s as string, new Map(Object.entries(world.before[s] ?? {}))]))
  const queues = TARGETS.map((t) => plan.waves.filter((w) => w.target === t))
  const met = (w: Wave): boolean =>
    w.actions.every((a) =>
      (a.needs ?? []).every(
        (n) =>
          (counts.get(n.service)?.get(n.target) ?? 0) ===
          (n.state === 'gone' ? 0 : (world.after[n.service]?.[n.target] ?? 0)),
      ),
    )
  while (queues.some((q) => q.length > 0)) {
    const open = queues.filter((q) => q[0] !== undefined && met(q[0]))
    expect(open.length, 'the targets wait for each other').toBeGreaterThan(0)
    const wave = open[(picks.next().value ?? 0) % open.length]?.shift()
    for (const a of wave?.actions ?? []) {
      if (a.service !== null)
        counts.get(a.service)?.set(a.target, a.kind === 'remove' ? 0 : (world.after[a.service]?.[a.target] ?? 0))
      after(counts)
    }
  }
  return counts
}
