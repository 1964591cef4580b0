// Allocations and a driver for tests against real engines; what a test made is removed by its id, also after a failure.
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import type { ExecIo } from '../../../core/ports.ts'
import type { AllocSpec, AllocState } from '../../../providers/local/daemon/driver.ts'
import { createDockerDriver, type DockerDriver } from '../../../providers/local/drivers/docker/index.ts'

export interface Fixture {
  readonly driver: DockerDriver
  readonly owner: string
  readonly stateDir: string
  readonly signal: AbortSignal
  /** An allocation that is removed at the end. */
  alloc(change?: Change): AllocSpec
  /** create + start. */
  run(change?: Change): Promise<AllocState & { readonly spec: AllocSpec }>
  /** Output and exit code of a command inside. */
  sh(id: string, line: string): Promise<{ readonly out: string; readonly code: number }>
  cleanUp(): Promise<void>
}

export type Change = Partial<Omit<AllocSpec, 'container'>> & { readonly container?: Partial<AllocSpec['container']> }

export const createFixture = async (
  host: string,
  env: Readonly<Record<string, string | undefined>> = {},
): Promise<Fixture> => {
  const stateDir = await mkdtemp(join(tmpdir(), 'stormport-driver-'))
  const owner = `test-${randomBytes(4).toString('hex')}`
  const driver = createDockerDriver({ node: 'n1', host, stateDir, owner, labels: {}, gpus: [] }, env)
  const made: string[] = []
  const signal = AbortSignal.timeout(240_000)
  const fixture: Fixture = {
    driver,
    owner,
    stateDir,
    signal,
    alloc: (change = {}) => {
      const spec = allocSpec(change)
      made.push(spec.id)
      return spec
    },
    run: async (change = {}) => {
      const spec = fixture.alloc(change)
      await driver.create(spec, signal)
      return { ...(await driver.start(spec.id, signal)), spec }
    },
    sh: async (id, line) => {
      const { io, text } = captured()
      const code = await driver.exec(id, ['sh', '-c', line], io, signal)
      return { out: text().trim(), code }
    },
    cleanUp: async () => {
      for (const id of made) await driver.remove(id, AbortSignal.timeout(30_000)).catch(() => {})
      await driver.close()
      await rm(stateDir, { recursive: true, force: true })
    },
  }
  return fixture
}

export const captured = (): { readonly io: ExecIo; readonly text: () => string } => {
  const chunks: Buffer[] = []
  const sink = (): PassThrough => new PassThrough().on('data', (chunk: Buffer) => chunks.push(chunk))
  return {
    io: { stdin: null, stdout: sink(), stderr: sink(), tty: null },
    text: () => Buffer.concat(chunks).toString('utf8'),
  }
}

export const newId = (): string => randomBytes(6).toString('hex')

const allocSpec = ({ container, ...change }: Change): AllocSpec => {
  const id = change.id ?? newId()
  return {
    id,
    app: 'shop',
    target: 'local',
    service: 'web',
    slot: 1,
    release: 1,
    name: `shop-web-1-${id.slice(0, 6)}`,
    ports: [],
    gpuIds: [],
    stop: { gracePeriodMs: 1_000, signal: null },
    ...change,
    container: {
      image: 'stormport.test/busybox:1',
      pullPolicy: 'never',
      command: ['sleep', '3600'],
      entrypoint: null,
      environment: {},
      workingDir: null,
      mounts: [],
      files: [],
      networks: [],
      extraHosts: {},
      limits: { cpuMillis: null, memoryBytes: null, pids: null },
      labels: {},
      bestEffortLimits: false,
      compose: { init: true },
      ...container,
    },
  }
}
