// What is left when the daemon is killed at any effect and started again: nothing lost, nothing doubled.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { APP, type FakeDaemon, hashOf, work } from '../../../test/fakes/local/daemon.ts'
import { bad, isReady, stands, tags, version } from '../../../test/fakes/local/stand.ts'
import type { WorkBody } from '../spec.ts'

const setUp = stands()

describe('a daemon that is killed at any effect', () => {
  const script = fc.record({
    first: fc.integer({ min: 1, max: 3 }),
    steps: fc.array(
      fc.oneof(
        fc.record({ kind: fc.constant('update' as const), replicas: fc.integer({ min: 1, max: 4 }) }),
        fc.record({ kind: fc.constant('break' as const), replicas: fc.integer({ min: 1, max: 3 }) }),
        fc.record({ kind: fc.constant('scale' as const), replicas: fc.integer({ min: 0, max: 4 }) }),
        fc.record({ kind: fc.constant('kill' as const), replicas: fc.integer({ min: 0, max: 3 }) }),
      ),
      { minLength: 1, maxLength: 3 },
    ),
    deaths: fc.array(fc.record({ at: fc.integer({ min: 1, max: 12 }), after: fc.boolean() }), {
      minLength: 1,
      maxLength: 4,
    }),
    exclusive: fc.boolean(),
    removed: fc.boolean(),
  })

  it('loses nothing and runs nothing twice', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(script, async ({ first, steps, deaths, exclusive, removed }) => {
        const { clock, world, start } = setUp()
        const queue = [...deaths]
        let daemon: FakeDaemon
        const next = async (): Promise<void> => {
          const death = queue.shift()
          daemon = await start(death === undefined ? {} : { dieAt: death.at, dieAfterEffect: death.after })
        }
        const faults: string[] = []
        world.onChange = () => {
          const bySlot = new Map<number, number>()
          for (const t of world.running()) bySlot.set(t.spec.slot, (bySlot.get(t.spec.slot) ?? 0) + 1)
          if ([...bySlot.values()].some((n) => n > (exclusive ? 1 : 2))) faults.push('a slot runs too often')
          if ([...world.things.values()].some((t) => t.starts > 1)) faults.push('an allocation was started twice')
        }
        /** As a user would: run the command again until it has got through to a living daemon. */
        const send = async (
          what: (d: FakeDaemon) => Promise<void>,
          done: (d: FakeDaemon) => boolean,
        ): Promise<void> => {
          for (let tries = 0; tries < 10; tries++) {
            await what(daemon)
            if (await clock.runUntil(() => !daemon.life.alive || done(daemon), 600_000)) if (daemon.life.alive) return
            if (daemon.life.alive) throw new Error(`not done: ${JSON.stringify(daemon.object('web')?.readiness)}`)
            daemon.kill()
            await next()
          }
          throw new Error('more deaths than planned')
        }
        const order = exclusive ? ('stop-first' as const) : null
        const make = (tag: string, replicas: number): WorkBody =>
          version(tag, { replicas, update: { ...work().update, order } })
        await next()
        let now = make('v0', first)
        let release = 1
        await send(
          (d) => d.apply(now, release),
          (d) => isReady(d, now),
        )
        for (const step of steps) {
          release++
          if (step.kind === 'kill') {
            const victim = world.running()[step.replicas % Math.max(1, world.running().length)]
            if (victim !== undefined) world.kill(victim.spec.id)
            await send(
              (d) => d.apply(now, release),
              (d) => isReady(d, now) && world.running().length === now.replicas,
            )
          } else if (step.kind === 'break') {
            const broken = { ...bad({ replicas: step.replicas }), update: now.update }
            const before = now
            await send(
              (d) =>
                d.object('web')?.readiness.failedHash === hashOf(broken) ? Promise.resolve() : d.apply(broken, release),
              (d) => d.object('web')?.readiness.failedHash === hashOf(broken) && isReady(d, before),
            )
          } else {
            now = make(step.kind === 'update' ? `v${release}` : (tags(world)[0] ?? 'v0'), step.replicas)
            await send(
              (d) => d.apply(now, release),
              (d) => isReady(d, now),
            )
          }
          expect(
            world
              .running()
              .map((t) => [t.spec.slot, t.spec.container.environment['TAG']])
              .sort(),
          ).toEqual(Array.from({ length: now.replicas }, (_, i) => [i + 1, now.container.environment['TAG']]))
        }
        if (removed) {
          await send(
            (d) => d.remove(`service/${APP}/web`),
            (d) => d.object('web') === undefined,
          )
          expect(world.things.size).toBe(0)
        }
        expect(faults).toEqual([])
      }),
      { numRuns: 60 },
    )
  })
})
