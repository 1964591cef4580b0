// A real Docker Engine for tests: own folders, socket, bridge and address range, so that several run side by side. No rule
// of the machine's packet filter is touched: containers talk over their bridges, published ports go through docker-proxy.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type EngineKind, engineFolder, missingFor } from './paths.ts'
import { type Background, startBackground, until } from './process.ts'

export interface TestEngine {
  readonly kind: EngineKind
  /** unix://… */
  readonly host: string
  readonly socket: string
  readonly version: string
  readonly apiVersion: string
  /** Ends the engine process only; its containers and data stay. `kill`: without notice. */
  halt(how: 'term' | 'kill'): Promise<void>
  /** Starts it again on the same data. */
  resume(): Promise<void>
  /** Ends everything and removes every trace. */
  stop(): Promise<void>
}

export interface EngineOptions {
  readonly kind: EngineKind
  /** Keep containers running while the engine is down. */
  readonly liveRestore?: boolean
  /** Registries that speak plain http: '127.0.0.1:5000' is always allowed by engines. */
  readonly insecureRegistries?: readonly string[]
}

const run = promisify(execFile)
const START_MS = 40_000

export const startEngine = async (options: EngineOptions): Promise<TestEngine> => {
  const missing = missingFor(options.kind)
  if (missing !== null) throw new Error(missing)
  const folder = await mkdtemp(join(tmpdir(), 'stormport-engine-'))
  const network = await claimNetwork()
  const parts = createParts(options, folder, network)
  const stop = async (): Promise<void> => {
    await parts.stopEngine('term')
    await parts.stopContainerd()
    await removeTraces(folder, network)
  }
  try {
    await parts.start()
    const { Version, ApiVersion } = await version(parts.socket)
    return {
      kind: options.kind,
      host: `unix://${parts.socket}`,
      socket: parts.socket,
      version: Version,
      apiVersion: ApiVersion,
      halt: parts.stopEngine,
      resume: parts.start,
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

interface Parts {
  readonly socket: string
  start(): Promise<void>
  stopEngine(how: 'term' | 'kill'): Promise<void>
  stopContainerd(): Promise<void>
}

/** containerd runs apart from dockerd: one that dockerd manages does not come back cleanly after a kill. */
const createParts = (options: EngineOptions, folder: string, network: Network): Parts => {
  const socket = join(folder, 'docker.sock')
  const env = { ...process.env, PATH: `${engineFolder(options.kind)}:${process.env['PATH'] ?? ''}` }
  let containerd: Background | undefined
  let dockerd: Background | undefined
  const ready = async (background: Background, answers: () => Promise<boolean>): Promise<void> => {
    const up = await until(async () => background.exited() || (await answers()), START_MS)
    if (!up || background.exited()) throw new Error(`the engine did not start: ${background.lastOutput()}`)
  }
  return {
    socket,
    start: async () => {
      if (containerd === undefined) {
        await mkdir(join(folder, 'containerd'))
        containerd = startBackground({ argv: containerdArgv(folder), logFile: join(folder, 'containerd.log'), env })
        await ready(containerd, async () => existsSync(containerdSocket(folder)))
      }
      await rm(join(folder, 'docker.pid'), { force: true })
      dockerd = startBackground({
        argv: dockerdArgv(options, folder, network),
        logFile: join(folder, 'dockerd.log'),
        env,
      })
      await ready(dockerd, () =>
        version(socket).then(
          () => true,
          () => false,
        ),
      )
    },
    stopEngine: async (how) => {
      if (how === 'kill' && dockerd !== undefined && !dockerd.exited()) process.kill(dockerd.pid, 'SIGKILL')
      if (how === 'kill') await until(() => dockerd?.exited() ?? true, START_MS)
      await dockerd?.stop()
    },
    stopContainerd: async () => containerd?.stop(),
  }
}

const containerdSocket = (folder: string): string => join(folder, 'containerd.sock')

const containerdArgv = (folder: string): readonly [string, ...string[]] => [
  '/usr/bin/containerd',
  '--root',
  join(folder, 'containerd', 'root'),
  '--state',
  join(folder, 'containerd', 'state'),
  '--address',
  containerdSocket(folder),
]

const dockerdArgv = (options: EngineOptions, folder: string, network: Network): readonly [string, ...string[]] => [
  join(engineFolder(options.kind), 'dockerd'),
  '--data-root',
  join(folder, 'root'),
  '--exec-root',
  join(folder, 'exec'),
  '--host',
  `unix://${join(folder, 'docker.sock')}`,
  '--pidfile',
  join(folder, 'docker.pid'),
  '--containerd',
  containerdSocket(folder),
  '--bridge',
  network.bridge,
  '--default-address-pool',
  `base=${network.pool},size=26`,
  '--iptables=false',
  '--ip6tables=false',
  ...(options.liveRestore === true ? ['--live-restore'] : []),
  ...(options.insecureRegistries ?? []).flatMap((registry) => ['--insecure-registry', registry]),
]

interface Network {
  readonly bridge: string
  readonly pool: string
}

/** Making the bridge is atomic, so two engines that start at once never share a range. */
const claimNetwork = async (): Promise<Network> => {
  for (let index = 16; index < 32; index++) {
    const bridge = `sptest${index}`
    try {
      await run('ip', ['link', 'add', bridge, 'type', 'bridge'])
    } catch {
      continue
    }
    await run('ip', ['address', 'add', `10.213.${index * 8}.1/24`, 'dev', bridge])
    await run('ip', ['link', 'set', bridge, 'up'])
    return { bridge, pool: `10.213.${index * 8 + 4}.0/22` }
  }
  throw new Error('no free bridge for a test engine: remove leftovers with `ip link delete sptest16` and so on')
}

const removeTraces = async (folder: string, network: Network): Promise<void> => {
  await endShims(folder)
  for (const mount of (await mountsBelow(folder)).reverse()) await run('umount', ['-l', mount]).catch(() => {})
  for (const bridge of await bridgesIn(network)) await run('ip', ['link', 'delete', bridge]).catch(() => {})
  await rm(folder, { recursive: true, force: true })
}

/** Containers that outlived the engine run under shims that name our containerd's socket. */
const endShims = async (folder: string): Promise<void> => {
  const { stdout } = await run('pgrep', ['-f', `containerd-shim.*${folder}`]).catch(() => ({ stdout: '' }))
  for (const pid of stdout.split('\n').filter((line) => line !== '')) {
    const { stdout: children } = await run('pgrep', ['-P', pid]).catch(() => ({ stdout: '' }))
    for (const each of [...children.split('\n'), pid]) if (each !== '') endPid(Number(each))
  }
}

const endPid = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It went by itself.
  }
}

const mountsBelow = async (folder: string): Promise<string[]> =>
  (await readFile('/proc/self/mounts', 'utf8'))
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((path) => path.startsWith(`${folder}/`))

/** The engine's own bridge, and those of networks that were not removed: all have an address of our range. */
const bridgesIn = async (network: Network): Promise<readonly string[]> => {
  const { stdout } = await run('ip', ['-json', 'address', 'show', 'type', 'bridge'])
  const links = JSON.parse(stdout) as readonly { ifname?: string; addr_info?: readonly { local?: string }[] }[]
  const [a, b, third] = network.pool.split('.')
  const low = Number(third) - 4
  const ours = (address: string): boolean => {
    const [x, y, z] = address.split('.')
    return x === a && y === b && Number(z) >= low && Number(z) < low + 8
  }
  return links
    .filter((link) => link.ifname === network.bridge || link.addr_info?.some((info) => ours(info.local ?? '')))
    .map((link) => link.ifname ?? '')
}

const version = (socket: string): Promise<{ Version: string; ApiVersion: string }> =>
  new Promise((resolve, reject) => {
    const outgoing = request({ socketPath: socket, path: '/version', timeout: 2_000 }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve(JSON.parse(Buffer.concat(chunks).toString('utf8'))))
    })
    outgoing.on('error', reject)
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer')))
    outgoing.end()
  })
