// The proxy as a process of its own: it must outlive the daemon, come back with its table, and leave nothing behind.
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { allPids, isAlive, type ProcessIdentity, readBootId } from '../drivers/process/proc.ts'
import { createProxyControl } from './proxy.ts'
import { startProxyServer } from './server.ts'
import { claimProxy, makeStateFolder, readOwner, releaseProxy } from './state.ts'
import type { ProxyControl, ProxyEntry, ProxyTable } from './types.ts'

const never = new AbortController().signal
const main = fileURLToPath(new URL('./proxy-main.ts', import.meta.url))
const command = [process.execPath, '--disable-warning=ExperimentalWarning', main]

/** The port is picked by the key, and is free while a killed proxy comes back: no other test may pick it then. */
const KEY = randomUUID()

let root: string
let stateDir: string
let controls: ProxyControl[]
let backend: http.Server

const open = (): ProxyControl => {
  const control = createProxyControl({ stateDir, command })
  controls.push(control)
  return control
}

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sp-proxy-'))
  stateDir = join(root, 'proxy')
  controls = []
  backend = http.createServer((_, response) => response.end('ok')).listen(0, '127.0.0.1')
  await once(backend, 'listening')
})

afterEach(async () => {
  // Those of a test would bring the proxy back.
  for (const control of controls) await control.close()
  const last = open()
  await last.stop(never)
  await last.close()
  backend.closeAllConnections()
  backend.close()
  await rm(root, { recursive: true, force: true })
})

const entry = (more: Partial<ProxyEntry> = {}): ProxyEntry => {
  const address = backend.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    key: KEY,
    listen: { host: '127.0.0.1', port: 0 },
    protocol: 'tcp',
    backends: [{ id: 'b', host: '127.0.0.1', port, draining: false }],
    ...more,
  }
}

const table = (...entries: readonly ProxyEntry[]): ProxyTable => ({ entries })

const get = (port: number, agent: http.Agent | false = false): Promise<string> =>
  new Promise((resolve, reject) => {
    http
      .get({ host: '127.0.0.1', port, agent }, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part
        })
        response.on('end', () => resolve(text))
      })
      .on('error', reject)
  })

const until = async (what: string, ask: () => boolean | Promise<boolean>, ms = 8000): Promise<void> => {
  const deadline = Date.now() + ms
  while (!(await ask())) {
    if (Date.now() > deadline) throw new Error(`waited in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

const owner = (role: 'proxy' | 'supervisor'): ProcessIdentity => {
  const found = readOwner(stateDir, role)
  if (found === null) throw new Error(`no ${role}`)
  return found
}

const alive = (identity: ProcessIdentity): boolean => isAlive(identity, readBootId())

const answers = (port: number): Promise<boolean> =>
  get(port).then(
    (text) => text === 'ok',
    () => false,
  )

describe('the proxy process', () => {
  it('is started on demand, and an empty table starts none', async () => {
    const control = open()
    expect(await control.apply(table(), never)).toEqual({ ports: {}, errors: {} })
    expect(await control.report(never)).toBeNull()
    expect(await control.connections('b', never)).toBe(0)
    expect(existsSync(stateDir)).toBe(false)
    const { ports, errors } = await control.apply(table(entry()), never)
    expect(errors).toEqual({})
    expect(await get(ports[KEY] ?? 0)).toBe('ok')
    expect(await control.report(never)).toEqual({ ports, errors })
  })

  it('ends with its supervisor when the table is empty', async () => {
    const control = open()
    const { ports } = await control.apply(table(entry()), never)
    const both = [owner('proxy'), owner('supervisor')]
    await control.apply(table(), never)
    await expect(get(ports[KEY] ?? 0)).rejects.toThrow(/ECONNREFUSED/)
    await until('both are gone', () => !both.some(alive))
    expect(readdirSync(stateDir).filter((name) => !/^(supervisor-.*\.sh|proxy\.log)$/.test(name))).toEqual([])
    expect(await get((await control.apply(table(entry()), never)).ports[KEY] ?? 0)).toBe('ok')
  })

  it('outlives its daemon and is adopted by the next', async () => {
    const first = open()
    const { ports } = await first.apply(table(entry()), never)
    const pid = owner('proxy').pid
    await first.close()
    expect(await get(ports[KEY] ?? 0)).toBe('ok')
    const second = open()
    expect(await second.report(never)).toEqual({ ports, errors: {} })
    expect(await second.apply(table(entry()), never)).toEqual({ ports, errors: {} })
    expect(owner('proxy').pid).toBe(pid)
  })

  it('comes back with its table and ports when it is killed, also without a daemon', async () => {
    const control = open()
    const { ports } = await control.apply(table(entry()), never)
    await control.close()
    const port = ports[KEY] ?? 0
    for (let round = 0; round < 2; round += 1) {
      const before = owner('proxy')
      process.kill(before.pid, 'SIGKILL')
      await until('the killed one is gone', () => !alive(before))
      await until('it answers again', () => answers(port))
      expect(owner('proxy').pid).not.toBe(before.pid)
    }
  })

  it('is started anew by the daemon when its supervisor was killed with it', async () => {
    const control = open()
    const { ports } = await control.apply(table(entry()), never)
    process.kill(owner('supervisor').pid, 'SIGKILL')
    process.kill(owner('proxy').pid, 'SIGKILL')
    await until('it answers again', () => answers(ports[KEY] ?? 0))
  })

  it('runs once, however many ask for it at the same time', async () => {
    const controls = [open(), open(), open()]
    const reports = await Promise.all(controls.map((control) => control.apply(table(entry()), never)))
    expect(new Set(reports.map(({ ports }) => ports[KEY])).size).toBe(1)
    await until('one proxy', () => allPids().filter((pid) => readOwner(stateDir, 'proxy')?.pid === pid).length === 1)
    expect((await Promise.all(controls.map((control) => control.apply(table(entry()), never)))).length).toBe(3)
  })

  it('tells when a backend has drained', async () => {
    const control = open()
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
    try {
      const { ports } = await control.apply(table(entry()), never)
      await get(ports[KEY] ?? 0, agent)
      expect(await control.connections('b', never)).toBe(1)
      expect(await control.drained('b', 20, never)).toBe(false)
      const drained = control.drained('b', 5000, never)
      await control.apply(
        table(entry({ backends: entry().backends.map((each) => ({ ...each, draining: true })) })),
        never,
      )
      expect(await drained).toBe(true)
    } finally {
      agent.destroy()
    }
  })

  it('keeps its files to its user', async () => {
    await open().apply(table(entry()), never)
    expect(statSync(stateDir).mode & 0o777).toBe(0o700)
    for (const name of readdirSync(stateDir))
      expect([name, statSync(join(stateDir, name)).mode & 0o077]).toEqual([name, 0])
  })

  it('works in a folder whose path is too long for a socket', async () => {
    stateDir = join(root, 'a-very-long-name-of-a-folder'.repeat(4), 'proxy')
    const { ports } = await open().apply(table(entry()), never)
    expect(await get(ports[KEY] ?? 0)).toBe('ok')
  })

  it('ends when its state folder is deleted, as nobody could stop it any more', async () => {
    const control = open()
    await control.apply(table(entry()), never)
    const both = [owner('proxy'), owner('supervisor')]
    await control.close()
    await rm(stateDir, { recursive: true, force: true })
    await until('both are gone', () => !both.some(alive))
    expect(existsSync(stateDir)).toBe(false)
  })

  it('ends when nobody gives it a table', async () => {
    const before = process.cwd()
    await makeStateFolder(stateDir)
    process.chdir(stateDir)
    try {
      await claimProxy(stateDir, readBootId())
      const server = await startProxyServer({ stateDir, holdMs: 10, lingerMs: 20 })
      await server.done
      await releaseProxy(stateDir)
    } finally {
      process.chdir(before)
    }
  })

  it('that cannot start says why', async () => {
    const control = createProxyControl({
      stateDir,
      command: [process.execPath, '-e', 'process.stderr.write("no such luck\\n"); process.exit(3)'],
      startDeadlineMs: 2000,
    })
    controls.push(control)
    await expect(control.apply(table(entry()), never)).rejects.toThrow(/no such luck/)
  })
})
