// Remote contexts from a real git server (git daemon) and a real HTTP server, both on loopback.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { pack } from 'tar-stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fetchContext } from './remote-fetch.ts'
import { remoteContext } from './remote-name.ts'

/** Some packages of git come without its server. */
const served = existsSync(join(execFileSync('git', ['--exec-path'], { encoding: 'utf8' }).trim(), 'git-daemon'))

let base: string
let daemon: ChildProcess | undefined
let server: Server
let port: number
let bodies: Readonly<Record<string, Buffer>>

const git = (...argv: readonly string[]): string =>
  execFileSync('git', ['-C', join(base, 'repos', 'web'), '-c', 'user.name=t', '-c', 'user.email=t@t', ...argv], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim()

const commit = (text: string): string => {
  writeFileSync(join(base, 'repos', 'web', 'docker', 'Dockerfile'), `FROM scratch\n# ${text}\n`)
  git('add', '.')
  git('commit', '-q', '-m', text)
  return git('rev-parse', 'HEAD')
}

const freePort = async (): Promise<number> => {
  const probe = createTcpServer()
  await new Promise<void>((done) => probe.listen(0, '127.0.0.1', done))
  const { port: free } = probe.address() as AddressInfo
  await new Promise((done) => probe.close(done))
  return free
}

const answers = (at: number): Promise<boolean> =>
  new Promise((done) => {
    const socket = connect(at, '127.0.0.1', () => {
      socket.destroy()
      done(true)
    })
    socket.on('error', () => done(false))
  })

beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), 'stormport-remote-'))
  mkdirSync(join(base, 'repos', 'web', 'docker'), { recursive: true })
  git('init', '-q', '-b', 'main')
  symlinkSync('/etc', join(base, 'repos', 'web', 'out'))
  commit('one')
  git('tag', '-a', 'v1', '-m', 'v1')
  port = await freePort()
  if (served) {
    daemon = spawn(
      'git',
      [
        'daemon',
        '--reuseaddr',
        '--export-all',
        '--listen=127.0.0.1',
        `--port=${port}`,
        `--base-path=${join(base, 'repos')}`,
      ],
      { stdio: 'ignore', detached: true },
    )
    const deadlineMs = Date.now() + 20_000
    while (!(await answers(port))) if (Date.now() > deadlineMs) throw new Error('git daemon does not answer')
  }
  bodies = {
    '/context.tar.gz': gzipSync(await archive({ Dockerfile: 'FROM scratch\n', 'src/a.txt': 'one' })),
    '/Dockerfile': Buffer.from('FROM scratch\n'),
    '/bad.tar': await archive({ '../outside': 'x' }),
  }
  server = createServer((request, response) => {
    const body = bodies[request.url ?? '']
    response.writeHead(body === undefined ? 404 : 200).end(body)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
})

afterAll(async () => {
  // The daemon serves each connection by a child of its own: they go as one group.
  if (daemon?.pid !== undefined) process.kill(-daemon.pid, 'SIGKILL')
  server?.closeAllConnections()
  await new Promise((done) => server?.close(done))
  rmSync(base, { recursive: true, force: true })
})

const archive = async (files: Readonly<Record<string, string>>): Promise<Buffer> => {
  const made = pack()
  for (const [name, text] of Object.entries(files)) made.entry({ name }, text)
  made.finalize()
  return Buffer.concat(await Array.fromAsync(made as AsyncIterable<Buffer>))
}

const folderOf = (context: string): Promise<string> => {
  const remote = remoteContext(context)
  if (remote === null) throw new Error(`${context} is a folder`)
  return fetchContext(remote, { cacheDir: join(base, 'cache'), env: {} })
}
const repository = (rest = ''): string => `git://127.0.0.1:${port}/web${rest}`
const http = (path: string): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`

describe.skipIf(!served)('a git repository as a build context', () => {
  it('is checked out at its HEAD, without its history', async () => {
    const folder = await folderOf(repository())
    expect(readdirSync(folder).sort()).toEqual(['docker', 'out'])
    expect(readFileSync(join(folder, 'docker', 'Dockerfile'), 'utf8')).toContain('# one')
  })

  it('takes a branch, a tag and a commit, and the folder behind the colon', async () => {
    const first = git('rev-parse', 'HEAD')
    commit('two')
    const dockerfile = async (rest: string): Promise<string> =>
      readFileSync(join(await folderOf(repository(rest)), 'Dockerfile'), 'utf8')
    expect(await dockerfile('#main:docker')).toContain('# two')
    expect(await dockerfile('#v1:docker')).toContain('# one')
    expect(await dockerfile(`#${first}:docker`)).toContain('# one')
  })

  it('is resolved anew each time: a branch that moved is another folder, one that did not is the same', async () => {
    const before = await folderOf(repository('#main'))
    expect(await folderOf(repository('#main'))).toBe(before)
    commit('three')
    expect(await folderOf(repository('#main'))).not.toBe(before)
  })

  it.each([
    ['a ref that is not there', '#nowhere', /has no nowhere/],
    ['a folder that is not there', '#main:nowhere', /no folder nowhere/],
    ['a folder that leads out', '#main:out', /leads out/],
    ['what git would take for an option', '#--upload-pack=x', /option/],
  ])('refuses %s with the reason', async (_what, rest, why) => {
    await expect(folderOf(repository(rest))).rejects.toMatchObject({
      code: 'BadInput',
      message: expect.stringMatching(why),
    })
  })

  it('says what git says of a repository that is not there, without the password of its URL', async () => {
    const failed = folderOf(`git://user:canary-pass@127.0.0.1:${port}/nowhere`)
    await expect(failed).rejects.toThrow(/cannot be had/)
    await expect(failed).rejects.not.toThrow(/canary-pass/)
  })

  it('leaves no half folder behind', () => {
    expect(readdirSync(join(base, 'cache')).filter((name) => name.startsWith('new-'))).toEqual([])
  })
})

describe('an archive as a build context', () => {
  it('is unpacked, also gzipped', async () => {
    const folder = await folderOf(http('/context.tar.gz'))
    expect(readFileSync(join(folder, 'src', 'a.txt'), 'utf8')).toBe('one')
  })

  it('is one Dockerfile where it is no archive', async () => {
    expect(readdirSync(await folderOf(http('/Dockerfile')))).toEqual(['Dockerfile'])
  })

  it('writes nothing outside its folder', async () => {
    await expect(folderOf(http('/bad.tar'))).rejects.toThrow(/lies outside/)
  })

  it('is refused with the answer of the server', async () => {
    await expect(folderOf(http('/nowhere.tar'))).rejects.toThrow(/answers 404/)
  })
})
