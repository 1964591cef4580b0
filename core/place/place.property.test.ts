import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fleet as sampleFleet, target as sampleTarget } from '../../test/builders/app.ts'
import { samplePlaceInput, samplePlaceTarget, sampleService, unknownCapacity } from '../../test/builders/place.ts'
import { sampleNode } from '../../test/builders/schedule.ts'
import type { Service } from '../model/app.ts'
import type { Capacity } from '../model/resources.ts'
import { ifLost } from './if-lost.ts'
import { countsOf, placeApp, solved } from './place.ts'
import type { PlaceInput, PlaceResult, PlaceTarget } from './types.ts'

const NAMES = ['s0', 's1', 's2', 's3', 's4']
const TARGETS = ['t0', 't1', 't2']
// One seed: a red run can be repeated. Other seeds and more runs look further.
const RUNS = { numRuns: 300, seed: 20_261 }

const oneOf = <T>(...values: T[]) => fc.constantFrom(...values)

const serviceArbitrary = (name: string): fc.Arbitrary<Service> =>
  fc
    .record({
      kind: fc.oneof(
        { weight: 6, arbitrary: fc.constant('service' as const) },
        { weight: 1, arbitrary: oneOf('job' as const, 'cron' as const) },
      ),
      replicas: fc.integer({ min: 0, max: 6 }),
      cpuMillis: oneOf(100, 200, 500),
      needs: fc.subarray(
        NAMES.filter((other) => other !== name),
        { maxLength: 2 },
      ),
      network: oneOf('default', 'default', 'default', 'back', 'front'),
      volume: oneOf(null, null, null, 'v0', 'v1'),
      singleton: oneOf(false, false, false, true),
      allowed: fc.option(fc.subarray(TARGETS, { minLength: 1 }), { freq: 2 }),
      strategy: oneOf('ordered' as const, 'spread' as const, 'weighted' as const),
      min: oneOf(0, 0, 0, 1),
      each: oneOf(null, null, null, null, 1, 2),
      reach: fc.subarray(NAMES, { maxLength: 1 }),
      gang: oneOf(false, false, false, true),
      mode: oneOf('replicated' as const, 'replicated' as const, 'replicated' as const, 'global' as const),
    })
    .map((r) =>
      sampleService(name, {
        kind: r.kind,
        mode: r.kind === 'service' ? r.mode : 'replicated',
        replicas: r.replicas,
        requests: { cpuMillis: r.cpuMillis, memoryBytes: 1 },
        needs: r.needs,
        networks: [r.network],
        volumes: r.volume === null ? [] : [r.volume],
        place: {
          strategy: r.strategy,
          minPerTarget: r.min,
          each: r.kind === 'service' ? r.each : null,
          weights: { t0: 2, t1: 1, t2: 1 },
        },
        extension: {
          singleton: r.singleton,
          gang: r.gang,
          targets: r.allowed?.map((target) => ({ name: target })) ?? null,
          reach: Object.fromEntries(r.reach.filter((other) => other !== name).map((other) => [other, 'elsewhere:1'])),
        },
      }),
    )

const capacityArbitrary: fc.Arbitrary<Capacity> = fc.oneof(
  fc.constant(unknownCapacity),
  fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 3 }).map((rooms) => ({
    kind: 'known' as const,
    nodes: rooms.map((room, i) => sampleNode(`n${i}`, { free: { cpuMillis: room * 100, memoryBytes: 1000 } })),
  })),
)

const targetArbitrary = (name: string): fc.Arbitrary<PlaceTarget> =>
  fc
    .record({
      reachable: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
      capacity: capacityArbitrary,
      current: fc.dictionary(fc.constantFrom(...NAMES), fc.integer({ min: 1, max: 4 }), {
        maxKeys: 3,
        noNullPrototype: true,
      }),
      refused: fc.subarray(NAMES, { maxLength: 1 }),
      volumes: fc.subarray(['v0', 'v1'], { maxLength: 1 }),
    })
    .map(({ refused, ...rest }) =>
      samplePlaceTarget(name, {
        ...rest,
        refuses: Object.fromEntries(
          refused.map((service) => [service, { code: 'SP4001', reason: 'no engine', hint: 'Start one.' }]),
        ),
      }),
    )

const inputArbitrary: fc.Arbitrary<PlaceInput> = fc
  .record({
    services: fc.tuple(...NAMES.map(serviceArbitrary)),
    targets: fc.tuple(...TARGETS.map(targetArbitrary)),
    sealed: fc.option(fc.constantFrom(...TARGETS), { freq: 4 }),
    rebalance: oneOf(false, false, true),
    scaled: fc.dictionary(fc.constantFrom(...NAMES), fc.integer({ min: 0, max: 8 }), {
      maxKeys: 1,
      noNullPrototype: true,
    }),
  })
  .map(({ services, targets, sealed, rebalance, scaled }) =>
    samplePlaceInput(services, targets, {
      rebalance,
      scaled,
      fleet: sampleFleet(
        TARGETS.map((name) => sampleTarget(name)),
        { place: { strategy: 'ordered', prefer: ['t1'], weights: {} } },
      ),
      assignment: sealed === null ? null : { epoch: 1, sealed: [sealed] },
    }),
  )

const asPlaced = (place: PlaceTarget, counts: PlaceResult['counts']): PlaceTarget => ({
  ...place,
  current: Object.fromEntries(
    Object.entries(counts).flatMap(([service, by]) =>
      (by[place.name] ?? 0) > 0 ? [[service, by[place.name] ?? 0]] : [],
    ),
  ),
})

const total = (result: PlaceResult, service: string): number =>
  Object.values(result.counts[service] ?? {}).reduce((sum, n) => sum + n, 0)
const short = (result: PlaceResult, service: string): number =>
  result.unplaceable.find((u) => u.service === service)?.count ?? 0
const wantedOf = (input: PlaceInput, { name, replicas }: Service): number => input.scaled[name] ?? replicas
/** Replicas are one number for the whole fleet: neither one per node nor N on each target. */
const inTotal = (service: Service): boolean => service.mode === 'replicated' && service.extension.place.each === null
const target = (input: PlaceInput, name: string) => input.targets.find((t) => t.name === name)
const reachable = (input: PlaceInput, name: string): boolean => target(input, name)?.reachable === true

/** Placed peers that the service must have beside it and does not reach elsewhere. */
const peersOf = (input: PlaceInput, service: Service): readonly string[] =>
  input.app.services
    .filter(
      (other) =>
        other !== service &&
        other.kind === 'service' &&
        (other.mode === 'global' || other.extension.place.each !== null || wantedOf(input, other) > 0),
    )
    .filter(
      (other) =>
        service.dependsOn.some((d) => d.service === other.name) ||
        (service.kind === 'service' &&
          Object.keys(service.networks).some((key) => key !== 'default' && key in other.networks)),
    )
    .filter((other) => !(other.name in service.extension.reach))
    .map((other) => other.name)

const holds = (name: string, property: (input: PlaceInput, result: PlaceResult) => void) =>
  it(name, () => {
    fc.assert(
      fc.property(inputArbitrary, (input) => property(input, placeApp(input))),
      RUNS,
    )
  })

describe('every placement', () => {
  holds('places what is wanted minus what it calls unplaceable', (input, result) => {
    for (const service of input.app.services.filter(inTotal))
      expect(total(result, service.name)).toBe(wantedOf(input, service) - short(result, service.name))
  })

  holds('leaves no peer unreachable', (input, result) => {
    for (const service of input.app.services) {
      for (const [name, count] of Object.entries(result.counts[service.name] ?? {})) {
        const onlyKept = !reachable(input, name) && count <= (target(input, name)?.current[service.name] ?? 0)
        if (!onlyKept)
          for (const peer of peersOf(input, service))
            expect(result.counts[peer]?.[name] ?? 0, `${service.name} on ${name} without ${peer}`).toBeGreaterThan(0)
      }
    }
  })

  holds('never puts the service of a volume, nor those that share it, on two targets', (input, result) => {
    const homes = new Map<string, Set<string>>()
    for (const service of input.app.services.filter((s) => s.extension.place.each === null)) {
      const on = Object.keys(result.counts[service.name] ?? {})
      if (service.mounts.length > 0 || service.extension.singleton) expect(on.length).toBeLessThan(2)
      for (const mount of service.mounts)
        if (mount.kind === 'volume') homes.set(mount.volume, new Set([...(homes.get(mount.volume) ?? []), ...on]))
    }
    for (const targets of homes.values()) expect(targets.size).toBeLessThan(2)
  })

  holds('gives nothing to sealed targets, nor to those that may not or cannot run it', (input, result) => {
    for (const service of input.app.services) {
      for (const name of Object.keys(result.counts[service.name] ?? {})) {
        expect(input.assignment?.sealed ?? []).not.toContain(name)
        expect(service.extension.targets?.some((t) => 'name' in t && t.name === name) ?? true).toBe(true)
        if (reachable(input, name)) expect(target(input, name)?.refuses).not.toHaveProperty(service.name)
      }
    }
  })

  holds('keeps counting the replicas of a target that does not answer', (input, result) => {
    for (const service of input.app.services.filter(
      (s) => inTotal(s) && s.kind === 'service' && s.mounts.length === 0 && !s.extension.singleton,
    )) {
      for (const { name, current } of input.targets.filter(
        (t) => !t.reachable && !input.assignment?.sealed.includes(t.name),
      )) {
        const allowed = service.extension.targets?.some((t) => 'name' in t && t.name === name) ?? true
        const running = input.targets.reduce((sum, t) => sum + (t.current[service.name] ?? 0), 0)
        if (allowed && running <= wantedOf(input, service))
          expect(result.counts[service.name]?.[name] ?? 0).toBeGreaterThanOrEqual(current[service.name] ?? 0)
      }
    }
  })

  holds('owes every target that does not answer and should run or change something', (input, result) => {
    for (const { name, reachable: answers, current } of input.targets) {
      const concerned =
        Object.keys(current).length > 0 || Object.values(result.counts).some((counts) => (counts[name] ?? 0) > 0)
      const sealed = input.assignment?.sealed.includes(name) ?? false
      if (answers || sealed) expect(result.owed).not.toContain(name)
      else if (concerned) expect(result.owed).toContain(name)
    }
  })

  holds('says why, for each placement and each refusal', (_, result) => {
    for (const placement of result.placements) expect(placement.because).not.toBe('')
    for (const row of result.unplaceable) {
      expect(row.code).toMatch(/^SP\d{4}$/)
      expect(row.hint).not.toBe('')
      expect(row.refusals.length).toBeGreaterThan(0)
      expect(row.refusals.length).toBeLessThanOrEqual(21)
    }
  })

  holds('is the same for the same input', (input, result) => {
    expect(placeApp(input)).toEqual(result)
  })

  holds('changes nothing when what it placed runs', (input, result) => {
    const placed = input.targets.map((t) => ({ ...t, current: currentOf(result, t.name), capacity: filled(t) }))
    const again = placeApp({ ...input, rebalance: false, targets: placed })
    for (const service of input.app.services) {
      for (const { name } of input.targets) {
        const [before, after] = [result.counts[service.name]?.[name] ?? 0, again.counts[service.name]?.[name] ?? 0]
        if (result.unplaceable.length === 0) expect(after, `${service.name} on ${name}`).toBe(before)
      }
    }
  })
})

const currentOf = (result: PlaceResult, name: string): Record<string, number> =>
  Object.fromEntries(
    Object.entries(result.counts).flatMap(([service, counts]) =>
      (counts[name] ?? 0) > 0 ? [[service, counts[name] ?? 0]] : [],
    ),
  )

/** The target's nodes with nothing left: what runs needs no room, and nothing new may be needed. */
const filled = ({ capacity }: PlaceTarget): Capacity =>
  capacity.kind === 'unknown'
    ? capacity
    : { kind: 'known', nodes: capacity.nodes.map((node) => ({ ...node, free: { cpuMillis: 0, memoryBytes: 0 } })) }

describe('capacity', () => {
  holds('of a target is never exceeded by what is new on it', (input, result) => {
    for (const { name, capacity, current, reachable: answers } of input.targets) {
      if (capacity.kind === 'unknown' || !answers) continue
      const free = capacity.nodes.reduce((sum, node) => sum + node.free.cpuMillis, 0)
      const used = input.app.services.reduce(
        (sum, { name: service, requests }) =>
          sum + Math.max(0, (result.counts[service]?.[name] ?? 0) - (current[service] ?? 0)) * requests.cpuMillis,
        0,
      )
      if (!input.rebalance) expect(used).toBeLessThanOrEqual(free)
    }
  })
})

describe('the generated cases', () => {
  it('hit what is interesting: overflow, missing peers, owed, unplaceable, several targets, each', () => {
    const seen = { overflow: 0, peer: 0, owed: 0, room: 0, several: 0, each: 0, kept: 0, whole: 0 }
    for (const input of fc.sample(inputArbitrary, { numRuns: 800, seed: 7 })) {
      const result = placeApp(input)
      if (result.unplaceable.some((u) => u.code === 'SP2203')) seen.peer++
      if (result.unplaceable.some((u) => u.code === 'SP2001')) seen.room++
      if (result.owed.length > 0) seen.owed++
      if (result.unplaceable.length === 0) seen.whole++
      if (Object.values(result.counts).some((counts) => Object.keys(counts).length > 1)) seen.several++
      if (input.app.services.some((s) => s.extension.place.each !== null && total(result, s.name) > 0)) seen.each++
      if (result.placements.some((p) => p.because.startsWith('runs there already'))) seen.kept++
      if (result.placements.some((p) => /^\d+ run there already/.test(p.because))) seen.overflow++
    }
    for (const [name, count] of Object.entries(seen)) expect(count, name).toBeGreaterThan(20)
  })

  it('tells each lost target as if it were the only one asked for', () => {
    let moves = 0
    fc.assert(
      fc.property(inputArbitrary, (input) => {
        const { counts } = placeApp(input)
        const settled = { ...input, rebalance: false, targets: input.targets.map((t) => asPlaced(t, counts)) }
        const base = { ...placeApp(settled), counts }
        for (const { target: lost, services } of ifLost(settled, base)) {
          const sealed = [...(input.assignment?.sealed ?? []), lost]
          const alone = countsOf(solved({ ...settled, assignment: { epoch: 1, sealed } }, { unknownCapacity: 'none' }))
          for (const { service, movesTo } of services.filter((s) => s.movesTo.length > 0)) {
            moves++
            const gains = TARGETS.map((name) => ({
              target: name,
              replicas: (alone[service]?.[name] ?? 0) - (counts[service]?.[name] ?? 0),
            }))
            expect(movesTo).toEqual(gains.filter((gain) => gain.replicas > 0))
          }
        }
      }),
      RUNS,
    )
    expect(moves).toBeGreaterThan(0)
  })
})
