import { describe, expect, test } from 'vitest'
import { laterVerbs } from './later-verbs.ts'
import { record } from './recording-world.ts'
import { verbs } from './verbs.ts'

/** Words that satisfy `args`. */
const wordsOf = (args = ''): string => {
  const samples: Readonly<Record<string, string>> = {
    '<replica>': 'web',
    '<command...>': '-- true',
    '<counts...>': 'web=1',
    '<service...>': 'web',
    '<shell>': 'bash',
  }
  return args
    .split(' ')
    .map((part) => samples[part] ?? '')
    .join(' ')
    .trim()
}

const ready = verbs.filter((verb) => verb.load !== null)
const called = ({ path, args }: (typeof verbs)[number]): string =>
  [...path, wordsOf(args), ''].filter((part) => part !== '').join(' ')

describe('the table of verbs', () => {
  test('no word means two things', () => {
    const words = [...verbs, ...laterVerbs.map((path) => ({ path, aliases: [] }))].flatMap(({ path, aliases = [] }) => [
      path.join(' '),
      ...aliases,
    ])
    expect(words.toSorted()).toEqual([...new Set(words)].toSorted())
  })

  test('every verb that design names is there, or says "not yet"', () => {
    const named =
      'init check render plan deploy status ps why logs events history exec scale restart rollback releases destroy apps simulate doctor config explain schema completion metrics token serve up down ls top nodes pools'.split(
        ' ',
      )
    const known = new Set(
      [...verbs, ...laterVerbs.map((path) => ({ path, aliases: [] }))].flatMap(({ path, aliases = [] }) => [
        path[0],
        ...aliases,
      ]),
    )
    expect(named.filter((word) => !known.has(word))).toEqual([])
  })

  test.each(laterVerbs.map((path) => path.join(' ')))('%s says "not yet" whatever follows', async (words) => {
    const run = await record(`${words} x --whatever 3`)
    expect(run).toMatchObject({ exitCode: 3, out: '' })
    expect(run.err).toContain('SP1505')
  })
})

// The stand-in engine answers nothing, so most of these end in our own error: also then stdout is for machines alone.
describe('with --json stdout is JSON and nothing else', () => {
  test.each(ready.filter((verb) => verb.output === 'query').map(called))('%s prints one document', async (words) => {
    const run = await record(`${words.includes('--') ? words : `${words} --json`}`, { cwd: '/nonexistent', daemon: {} })
    expect(JSON.parse(run.out)).toEqual(expect.anything())
    expect(run.err).toBe('')
  })

  test.each(ready.filter((verb) => verb.output === 'stream').map(called))(
    '%s prints lines from version to result',
    async (words) => {
      const run = await record(`${words} --json`, { cwd: '/nonexistent' })
      const lines = run.out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
      expect(lines[0]).toMatchObject({ type: 'version', schema: 'stormport/1', seq: 0 })
      expect(lines.at(-1)).toMatchObject({ type: 'result', ok: false, exitCode: run.exitCode, seq: lines.length - 1 })
      expect(run.err).toBe('')
    },
  )
})
