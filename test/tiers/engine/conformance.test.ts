// The local provider with a container engine keeps the provider contract, on the oldest and the newest engine, through its
// real client and a real daemon.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describeProvider, type Harness, NODE_PROGRAM } from '../../../providers/conformance.ts'
import { createDaemonControl, createLocalProvider } from '../../../providers/local/index.ts'
import { target } from '../../builders/app.ts'
import { startEngine } from '../../engines/engine.ts'
import { loadImage } from '../../engines/images.ts'
import type { EngineKind } from '../../engines/paths.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const STOP_MS = 60_000

const make = async (kind: EngineKind): Promise<Harness> => {
  const engine = await startEngine({ kind })
  const image = await loadImage(engine.host, 'node')
  const home = mkdtempSync(join(tmpdir(), 'conformance-'))
  const options = {
    home,
    version: '0.0.0-test',
    runtime: {
      node: process.execPath,
      daemon: join(root, 'cli/daemon-main.ts'),
      proxy: join(root, 'providers/local/proxy/proxy-main.ts'),
      copy: false,
    },
    env: { PATH: process.env['PATH'], HOME: home, DOCKER_HOST: engine.host },
  }
  const here = (name: string, host: string | null) =>
    target(name, {
      provider: 'local',
      here: true,
      local: {
        driver: 'docker',
        daemon: null,
        nodes:
          host === null
            ? []
            : [
                {
                  name: 'n1',
                  host,
                  tls: null,
                  simulated: null,
                  reserve: { cpuMillis: 0, memoryBytes: 0 },
                  labels: {},
                  gpus: [],
                },
              ],
      },
    })
  return {
    provider: createLocalProvider(options),
    target: here('one', null),
    unreachable: here('dead', 'unix:///nonexistent/docker.sock'),
    shape: (service) => ({ ...service, image, command: ['node', '-e', NODE_PROGRAM] }),
    argv: {
      exit: (code) => ['node', '-e', `process.exit(${code})`],
      print: (text) => ['node', '-e', `console.log(${JSON.stringify(text)})`],
      wait: ['node', '-e', 'setInterval(() => {}, 1000)'],
    },
    cleanup: async () => {
      await createDaemonControl(options).stop({ all: true }, AbortSignal.timeout(STOP_MS))
      rmSync(home, { recursive: true, force: true })
      await engine.stop()
    },
  }
}

for (const kind of ['debian', 'current'] as const)
  describeProvider(`the local pool on the ${kind} engine`, () => make(kind))
