// The local provider passes the suite through its real client, on a real daemon with host processes: no engine needed.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { target } from '../../test/builders/app.ts'
import { describeProvider, type Harness, NODE_PROGRAM } from '../conformance.ts'
import { createDaemonControl, createLocalProvider } from './index.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const NO_ENGINE = 'unix:///nonexistent/docker.sock'
const STOP_MS = 20_000

const make = async (): Promise<Harness> => {
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
    env: { PATH: process.env['PATH'], HOME: home, DOCKER_HOST: NO_ENGINE },
  }
  const local = (name: string, driver: 'docker' | 'process') =>
    target(name, { provider: 'local', here: true, local: { driver, daemon: null, nodes: [] } })
  return {
    provider: createLocalProvider(options),
    target: local('one', 'process'),
    otherTarget: local('two', 'process'),
    unreachable: local('engineless', 'docker'),
    shape: (service) => ({
      ...service,
      command: [process.execPath, '-e', NODE_PROGRAM],
      extension: { ...service.extension, process: { when: 'always', watch: [] } },
      compose: { ...service.compose, working_dir: home },
    }),
    argv: {
      exit: (code) => [process.execPath, '-e', `process.exit(${code})`],
      print: (text) => [process.execPath, '-e', `console.log(${JSON.stringify(text)})`],
      wait: [process.execPath, '-e', 'setInterval(() => {}, 1000)'],
    },
    cleanup: async () => {
      await createDaemonControl(options).stop({ all: true }, AbortSignal.timeout(STOP_MS))
      rmSync(home, { recursive: true, force: true })
    },
  }
}

describeProvider('the local pool with host processes', make)
