// A memory engine, a virtual clock and a store that outlives daemons: what the tests of the control plane stand on.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach } from 'vitest'
import type { WorkBody } from '../../../providers/local/spec.ts'
import { type FakeDaemon, type FakeDaemonOptions, hashOf, memoryStore, startFakeDaemon, work } from './daemon.ts'
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts'
import { createWorld, type World } from './world.ts'

export interface Stand {
  readonly clock: VirtualClock
  readonly world: World
  start(change?: Partial<FakeDaemonOptions>): Promise<FakeDaemon>
}

/** Call once in a test file: every daemon that is started through it is closed after its test. */
export const stands = (): (() => Stand) => {
  const open: FakeDaemon[] = []
  const driversDir = mkdtempSync(join(tmpdir(), 'stormport-drivers-'))
  afterAll(() => rmSync(driversDir, { recursive: true, force: true }))
  afterEach(async () => {
    for (const daemon of open.splice(0)) if (daemon.life.alive) await daemon.close()
  })
  return () => {
    const clock = createVirtualClock()
    const world = createWorld(clock)
    const store = memoryStore()
    return {
      clock,
      world,
      start: async (change = {}) => {
        const daemon = await startFakeDaemon({ driversDir, world, clock, store, ...change })
        open.push(daemon)
        return daemon
      },
    }
  }
}

/** A service whose program ends with 7 soon after its start. */
export const bad = (change: Partial<WorkBody> = {}): WorkBody =>
  work({ ...change, environment: { EXIT_AFTER_MS: '50', EXIT_CODE: '7' } })

export const version = (tag: string, change: Partial<WorkBody> = {}): WorkBody =>
  work({ ...change, environment: { TAG: tag } })

export const isReady = (daemon: FakeDaemon, body: WorkBody): boolean => {
  const object = daemon.object(body.service)
  return object?.hash === hashOf(body) && object.readiness.state === 'ready'
}

export const tags = (world: World): readonly (string | undefined)[] =>
  world
    .running()
    .map((t) => t.spec.container.environment['TAG'])
    .sort()
