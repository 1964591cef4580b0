// The local provider with host processes keeps the provider contract, through its real client and a real daemon.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { LocalTarget, Target } from '../../core/model/fleet.ts'
import { describeProvider, type Harness, NODE_PROGRAM } from '../conformance.ts'
import { createDaemonControl, createLocalProvider } from './index.ts'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const runtime = { node: process.execPath, daemon: here('../../cli/daemon-main.ts'), proxy: here('./proxy/proxy-main.ts'), copy: false }

const target = (name: string, local: LocalTarget): Target => ({
  name,
  provider: 'local',
  site: name,
  here: true,
  publish: 'none',
  prices: null,
  pools: [],
  local,
  settings: {},
  span: null,
})

const make = async (): Promise<Harness> => {
  const home = mkdtempSync(join(tmpdir(), 'stormport-conformance-'))
  const options = { home, version: '0.0.0', runtime, env: process.env }
  const processes: LocalTarget = { driver: 'process', daemon: null, nodes: [] }
  const dead = { name: 'n1', host: 'unix:///nonexistent/docker.sock', tls: null, simulated: null, reserve: { cpuMillis: 0, memoryBytes: 0 }, labels: {}, gpus: [] }
  return {
    provider: createLocalProvider(options),
    target: target('one', processes),
    otherTarget: target('two', processes),
    unreachable: target('dead', { driver: 'docker', daemon: null, nodes: [dead] }),
    shape: (service) => ({
      ...service,
      image: null,
      command: [process.execPath, '-e', NODE_PROGRAM],
      extension: { ...service.extension, process: { when: 'always', watch: [] } },
    }),
    argv: {
      exit: (code) => ['/bin/sh', '-c', `exit ${code}`],
      print: (text) => ['/bin/echo', text],
      wait: ['/bin/sleep', '60'],
    },
    cleanup: async () => {
      await createDaemonControl(options).stop({ all: true }, new AbortController().signal)
      rmSync(home, { recursive: true, force: true })
    },
  }
}

describeProvider('local with host processes', make)
