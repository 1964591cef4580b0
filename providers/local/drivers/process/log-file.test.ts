import { closeSync, openSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readLines, tailOffset } from './log-file.ts'

let folder: string

const withFile = async <T>(text: string, use: (fd: number, size: number) => Promise<T>): Promise<T> => {
  const path = join(folder, 'log')
  writeFileSync(path, text)
  const fd = openSync(path, 'r')
  try {
    return await use(fd, Buffer.byteLength(text))
  } finally {
    closeSync(fd)
  }
}

const lines = (text: string, from = 0, valid = () => true): Promise<string[]> =>
  withFile(text, async (fd, to) => {
    const result: string[] = []
    for await (const line of readLines({ fd, from, to, valid })) result.push(line.text)
    return result
  })

const expected = (text: string): string[] => (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n')
const texts = fc
  .array(fc.stringMatching(/^[a-zäö]{0,9}$/), { minLength: 1, maxLength: 30 })
  .map((parts) => parts.join('\n'))
  .filter((text) => text !== '')

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sp-log-'))
})

afterAll(() => rm(folder, { recursive: true, force: true }))

describe('lines of a log file', () => {
  it('are all there, whatever the text', async () => {
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        expect(await lines(text)).toEqual(expected(text))
      }),
      { numRuns: 50 },
    )
  })

  it('end where the next read goes on', async () => {
    await withFile('one\ntwo\nthr', async (fd, to) => {
      const ends: [number, boolean][] = []
      for await (const line of readLines({ fd, from: 0, to, valid: () => true })) ends.push([line.end, line.complete])
      expect(ends).toEqual([
        [4, true],
        [8, true],
        [11, false],
      ])
    })
    expect(await lines('one\ntwo\nthr', 4)).toEqual(['two', 'thr'])
  })

  it('longer than blocks are joined, and endless ones are cut', async () => {
    const long = 'x'.repeat(100_000)
    expect(await lines(`${long}\nend\n`)).toEqual([long, 'end'])
    const cut = await lines('y'.repeat(700_000))
    expect(cut.join('').length).toBe(700_000)
    expect(cut.length).toBeGreaterThan(1)
  })

  it('of a file that was truncated meanwhile do not count', async () => {
    expect(await lines('one\ntwo\n', 0, () => false)).toEqual([])
  })

  it('are counted from the end', async () => {
    await fc.assert(
      fc.asyncProperty(texts, fc.integer({ min: 0, max: 40 }), async (text, count) => {
        const from = await withFile(text, (fd, size) => tailOffset(fd, size, count))
        const rest = Buffer.from(text).subarray(from).toString()
        expect(rest === '' ? [] : expected(rest)).toEqual(count === 0 ? [] : expected(text).slice(-count))
      }),
      { numRuns: 100 },
    )
  })
})
