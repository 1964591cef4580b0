// One daemon a state folder, through real processes: started once, found again, replaced when killed, gone when stopped.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { createDaemonControl, type DaemonControl } from './control.ts'
import { localPaths } from './paths.ts'
import { isAlive, startTicksOf } from './processes.ts'
import { PROTOCOL } from './protocol.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const runtime = {
  node: process.execPath,
  daemon: join(root, 'cli/daemon-main.ts'),
  proxy: join(root, 'providers/local/proxy/proxy-main.ts'),
  copy: false,
}
const deadline = (): AbortSignal => AbortSignal.timeout(50_000)

const worlds: { readonly base: string; readonly control: DaemonControl }[] = []
const world = (name = 'h') => {
  const base = mkdtempSync(join(tmpdir(), 'stormport-control-'))
  const home = join(base, name)
  mkdirSync(home)
  const options = {
    home,
    version: '1.2.3',
    runtime,
    env: { PATH: process.env['PATH'], HOME: home, AWS_SECRET_ACCESS_KEY: 'canary-shell-secret' },
  }
  const control = createDaemonControl(options)
  worlds.push({ base, control })
  return { home, options, control, paths: localPaths(home) }
}
afterEach(async () => {
  for (const { base, control } of worlds.splice(0)) {
    await control.stop({ all: true }, deadline())
    rmSync(base, { recursive: true, force: true })
  }
})

describe('the daemon of a state folder', () => {
  it('is asked for its status without being started', async () => {
    const { control, home } = world()
    expect(await control.status(deadline())).toMatchObject({ running: false, pid: null })
    expect(readdirSync(home)).toEqual([])
    expect(await control.stop({ all: false }, deadline())).toBe(false)
  })

  it('is one, although two commands start it at once, and inherits no secret of the shell', {
    timeout: 60_000,
  }, async () => {
    const { control, options } = world()
    const both = await Promise.all([control.ensure(deadline()), createDaemonControl(options).ensure(deadline())])
    const pids = await Promise.all(both.map(async (c) => (await c.call('info', null, deadline())).pid))
    for (const connection of both) connection.close()
    expect(pids[0]).toBe(pids[1])
    expect(readFileSync(`/proc/${pids[0]}/environ`, 'utf8')).not.toContain('canary-shell-secret')
  })

  it('is not believed to live when it was killed, and is started again', { timeout: 60_000 }, async () => {
    const { control } = world()
    const first = await control.ensure(deadline())
    const { pid } = await first.call('info', null, deadline())
    process.kill(pid, 'SIGKILL')
    await first.closed
    expect(await control.status(deadline())).toMatchObject({ running: false })
    const second = await control.ensure(deadline())
    expect((await second.call('info', null, deadline())).pid).not.toBe(pid)
    second.close()
  })

  it('is gone when stop returns, and leaves no socket behind', { timeout: 60_000 }, async () => {
    const { control, paths } = world()
    const connection = await control.ensure(deadline())
    const { pid } = await connection.call('info', null, deadline())
    const ticks = startTicksOf(pid) ?? ''
    expect(await control.stop({ all: false }, deadline())).toBe(true)
    expect(isAlive(pid, ticks)).toBe(false)
    expect(readdirSync(paths.run)).toEqual(['daemon.lock'])
  })

  it('moves its socket to a short folder when the path is too long for one', { timeout: 60_000 }, async () => {
    const { control } = world('a-folder-with-a-very-long-name-'.repeat(4))
    const connection = await control.ensure(deadline())
    expect(Buffer.byteLength(connection.socket)).toBeLessThan(100)
    connection.close()
    expect((await control.status(deadline())).running).toBe(true)
  })

  it('that is newer is left alone, and the command says so', async () => {
    const { control, paths } = world()
    mkdirSync(paths.run)
    const server = createServer((socket) =>
      socket.resume().end(`${JSON.stringify({ stormport: 'daemon', protocol: 99, version: '9.0.0' })}\n`),
    )
    await new Promise<void>((resolve) => server.listen(paths.socket, resolve))
    writeFileSync(
      paths.info,
      JSON.stringify({
        pid: process.pid,
        startTicks: startTicksOf(process.pid),
        socket: paths.socket,
        version: '9.0.0',
        startedAt: '',
      }),
    )
    await expect(control.ensure(deadline())).rejects.toMatchObject({
      code: 'BadInput',
      message: expect.stringContaining('9.0.0'),
    })
    rmSync(paths.info)
    await new Promise((resolve) => server.close(resolve))
  })

  it('that is older is replaced', { timeout: 60_000 }, async () => {
    const { control, paths } = world()
    mkdirSync(paths.run)
    const asked: string[] = []
    const server = createServer((socket) => {
      socket.write(`${JSON.stringify({ stormport: 'daemon', protocol: 0, version: '0.0.1' })}\n`)
      socket.on('data', (chunk) => {
        if (!chunk.toString().includes('shutdown')) return
        asked.push('shutdown')
        socket.end(`${JSON.stringify({ id: 1, result: null })}\n`)
        server.close()
      })
    })
    await new Promise<void>((resolve) => server.listen(paths.socket, resolve))
    const connection = await control.ensure(deadline())
    expect(asked).toEqual(['shutdown'])
    expect(connection.hello).toMatchObject({ protocol: PROTOCOL })
    connection.close()
  })
})
