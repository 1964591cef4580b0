import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { target } from '../../test/builders/app.ts'
import { describeProvider, type Harness, NODE_PROGRAM } from '../conformance.ts'
import { createDaemonControl, createLocalProvider } from './index.ts'

const make = async (): Promise<Harness> => {
  const home = mkdtempSync(join(tmpdir(), 'cfdraft-'))
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const options = {
    home,
    version: '0.0.0-test',
    runtime: {
      node: process.execPath,
      daemon: join(root, 'cli/daemon-main.ts'),
      proxy: join(root, 'providers/local/proxy/proxy-main.ts'),
      copy: false,
    },
    env: { PATH: process.env['PATH'], HOME: home, DOCKER_HOST: 'unix:///nonexistent/docker.sock' },
  }
  const local = (name: string) =>
    target(name, { provider: 'local', here: true, local: { driver: 'process', daemon: null, nodes: [] } })
  return {
    provider: createLocalProvider(options),
    target: local('one'),
    otherTarget: local('two'),
    shape: (s) => ({
      ...s,
      command: [process.execPath, '-e', NODE_PROGRAM],
      extension: { ...s.extension, process: { when: 'always', watch: [] } },
      compose: { ...s.compose, working_dir: home },
    }),
    argv: {
      exit: (code) => [process.execPath, '-e', `process.exit(${code})`],
      print: (text) => [process.execPath, '-e', `console.log(${JSON.stringify(text)})`],
      wait: [process.execPath, '-e', 'setInterval(() => {}, 1000)'],
    },
    cleanup: async () => {
      console.log('home', home)
      await createDaemonControl(options).stop({ all: true }, AbortSignal.timeout(20_000))
      if (!process.env['KEEP']) rmSync(home, { recursive: true, force: true })
    },
  }
}
describeProvider('local processes', make)
