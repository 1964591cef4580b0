// What bin/built.js keeps between two commands: used again while it fits, made anew when it does not.
import { spawnSync } from 'node:child_process'
import { hash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'

const loader = fileURLToPath(new URL('../bin/built.js', import.meta.url))

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stormport-built-'))
  writeFileSync(join(folder, 'main.cjs'), program('first'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const program = (word: string, status = 0): string =>
  `const say = (words) => words.map((w) => w + '!').join(' ');exports.main = () => { console.log(say(['${word}'])); process.exitCode = ${status} }`

const call = (verb: string, cache = join(folder, 'cache')): string => {
  const script = `require(${JSON.stringify(loader)}).load(${JSON.stringify(join(folder, 'main.cjs'))}).main()`
  // In place of the command's own name, so that the verb stands where it does in a real call.
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', script, 'stormport', verb], {
    env: { XDG_CACHE_HOME: cache },
    encoding: 'utf8',
  })
  return stderr === '' ? stdout.trim() : stderr
}

const place = (): string =>
  join(folder, 'cache', 'stormport', `command-${hash('sha256', join(folder, 'main.cjs')).slice(0, 12)}.code`)
const kept = (): Buffer => readFileSync(place())
const head = (): Readonly<Record<string, unknown>> =>
  JSON.parse(kept().toString('utf8', 0, kept().indexOf(10))) as Readonly<Record<string, unknown>>
const isWhole = (): boolean => head()['sum'] === hash('sha256', kept().subarray(kept().indexOf(10) + 1))

test('the first two runs of each verb add their code', () => {
  expect(['deploy', 'deploy', 'deploy', 'status'].map((verb) => call(verb))).toEqual(Array(4).fill('first!'))
  expect(head()['verbs']).toEqual(['deploy', 'deploy', 'status'])
})

test('code that is damaged is not run, and made anew', () => {
  call('deploy')
  const bytes = kept()
  bytes[bytes.length - 40] = (bytes[bytes.length - 40] ?? 0) ^ 0x55
  writeFileSync(place(), bytes)
  expect(isWhole()).toBe(false)
  expect(call('deploy')).toBe('first!')
  expect(isWhole()).toBe(true)
})

test('another build of the same length is not mixed up with the one before', () => {
  call('deploy')
  writeFileSync(join(folder, 'main.cjs'), program('other'))
  expect(call('deploy')).toBe('other!')
})

test('a command that fails adds nothing', () => {
  writeFileSync(join(folder, 'main.cjs'), program('first', 3))
  call('deploy')
  expect(() => kept()).toThrow()
})

test('a cache that cannot be written costs nothing but time', () => {
  const file = join(folder, 'file')
  mkdirSync(join(folder, 'cache'))
  writeFileSync(file, '')
  expect(call('deploy', file)).toBe('first!')
})
