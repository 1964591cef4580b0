// What the tests of the process driver share: folders of their own, allocations by recipe, conditions that are awaited. Every
// test ends with nothing left of what it began.
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect } from 'vitest'
import type { AllocSpec, AllocState, Driver, DriverLog } from '../../daemon/driver.ts'
import { createProcessDriver } from './index.ts'
import { MARK } from './launch.ts'
import { pidsWithEnvironment } from './proc.ts'

interface Stand {
  root: string
  stateDir: string
  made: string[]
  drivers: Driver[]
}

/** Renewed before each test. */
export const stand: Stand = { root: '', stateDir: '', made: [], drivers: [] }

export const never = new AbortController().signal
export const grace = { gracePeriodMs: 3000, signal: null }

export const open = (logMaxBytes?: number): Driver => {
  const driver = createProcessDriver({
    node: 'n',
    host: null,
    stateDir: stand.stateDir,
    owner: 'test',
    labels: {},
    gpus: [],
    ...(logMaxBytes === undefined ? {} : { logMaxBytes }),
  })
  stand.drivers.push(driver)
  return driver
}

export const specOf = (
  command: readonly string[],
  more: Partial<AllocSpec> = {},
  container: Partial<AllocSpec['container']> = {},
): AllocSpec => {
  const id = randomBytes(6).toString('hex')
  stand.made.push(id)
  return {
    id,
    app: 'a',
    target: 't',
    service: 's',
    slot: 1,
    release: 1,
    name: `a-s-1-${id.slice(0, 6)}`,
    ports: [],
    gpuIds: [],
    stop: grace,
    ...more,
    container: {
      image: null,
      pullPolicy: 'missing',
      command,
      entrypoint: null,
      environment: {},
      workingDir: stand.root,
      mounts: [],
      files: [],
      networks: [],
      extraHosts: {},
      limits: { cpuMillis: null, memoryBytes: null, pids: null },
      labels: {},
      bestEffortLimits: false,
      compose: {},
      ...container,
    },
  }
}

export const shell = (script: string): readonly string[] => ['sh', '-c', script]

export const until = async <T>(
  what: string,
  ask: () => T | null | undefined | false | Promise<T | null | undefined | false>,
  ms = 10_000,
): Promise<T> => {
  const deadline = Date.now() + ms
  for (;;) {
    const answer = await ask()
    if (answer !== null && answer !== undefined && answer !== false) return answer
    if (Date.now() > deadline) throw new Error(`waited in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

export const begin = async (driver: Driver, spec: AllocSpec): Promise<AllocState> => {
  await driver.create(spec, never)
  return driver.start(spec.id, never)
}

export const exited = (driver: Driver, id: string): Promise<AllocState> =>
  until(`${id} has exited`, async () => {
    const state = await driver.inspect(id, never)
    return state?.phase === 'exited' && state
  })

export const logsOf = async (
  driver: Driver,
  id: string,
  query: Partial<Parameters<Driver['logs']>[1]> = {},
  signal = never,
): Promise<DriverLog[]> => {
  const lines: DriverLog[] = []
  for await (const line of driver.logs(id, { follow: false, sinceMs: null, tail: null, ...query }, signal))
    lines.push(line)
  return lines
}

export const hasLine = (driver: Driver, id: string, text: string): Promise<boolean> =>
  until(`log line ${text}`, async () => (await logsOf(driver, id)).some((line) => line.text === text))

/** Called once by each file of tests. */
export const useStand = (): void => {
  beforeEach(async () => {
    stand.root = await mkdtemp(join(tmpdir(), 'sp-process-'))
    stand.stateDir = join(stand.root, 'state')
    stand.made = []
    stand.drivers = []
  })

  afterEach(async () => {
    const driver = open()
    for (const id of stand.made) await driver.remove(id, never)
    for (const each of stand.drivers) await each.close()
    for (const id of stand.made) expect(pidsWithEnvironment(MARK, id)).toEqual([])
    await rm(stand.root, { recursive: true, force: true })
  })
}
