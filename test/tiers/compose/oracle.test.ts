// The loader against the reference loader, live: the corpus, and the reference loader's own test files where the Go
// module cache holds them. Needs Go.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { allCases, type Case, readTopic } from '../../compose/corpus.ts'
import { nodeFiles } from '../../compose/node-files.ts'
import { askOracle, buildOracle, requestFor, writeCase } from '../../compose/oracle.ts'
import { comparable, differences, loadCase, type Outcome } from '../../compose/outcome.ts'

const folder = mkdtempSync(join(tmpdir(), 'compose-tier-'))
let program = ''
const NO_ANSWER: Outcome = { project: null, reason: 'no answer' }

beforeAll(() => {
  program = buildOracle()
}, 300_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const compare = (ours: Outcome, theirs: Outcome, root: string): readonly string[] => {
  if (comparable(ours, root) === comparable(theirs, root)) return []
  if (ours.project === null) return [`refused: ${ours.reason}`]
  if (theirs.project === null) return [`accepted, but: ${theirs.reason}`]
  return differences(ours.project, theirs.project)
}

describe('the corpus', () => {
  it('is read as the reference loader reads it', async () => {
    const cases = allCases()
    const roots = cases.map((_, i) => join(folder, String(i)))
    for (const [i, item] of cases.entries()) writeCase(item, roots[i] ?? '')
    const theirs = await askOracle(
      program,
      cases.map((item, i) => requestFor(item, roots[i] ?? '')),
    )
    const found = cases.flatMap((item, i) => {
      const root = roots[i] ?? ''
      const ours = loadCase(item, root, { files: nodeFiles, unused: true })
      return compare(ours, theirs[i] ?? NO_ANSWER, root).map((d) => `${item.topic}/${item.name} ${d}`)
    })
    expect(found).toEqual([])
    expect(cases.length).toBeGreaterThanOrEqual(250)
  }, 300_000)
})

describe('the realistic files of the corpus', () => {
  it('are printed without what no service uses as docker compose prints them', async () => {
    const cases = readTopic('realistic')
    const roots = cases.map((_, i) => join(folder, 'pruned', String(i)))
    for (const [i, item] of cases.entries()) writeCase(item, roots[i] ?? '')
    const theirs = await askOracle(
      program,
      cases.map((item, i) => ({ ...requestFor(item, roots[i] ?? ''), prune: true })),
    )
    const found = cases.flatMap((item, i) => {
      const root = roots[i] ?? ''
      const ours = loadCase(item, root, { files: nodeFiles, unused: false })
      return compare(ours, theirs[i] ?? NO_ANSWER, root).map((d) => `${item.name} ${d}`)
    })
    expect(found).toEqual([])
  }, 300_000)
})

const testdata = (): readonly string[] => {
  const module = execFileSync('go', ['list', '-m', '-f', '{{.Dir}}', 'github.com/compose-spec/compose-go/v2'], {
    cwd: join(import.meta.dirname, '..', '..', 'compose', 'oracle'),
    encoding: 'utf8',
  }).trim()
  return existsSync(module) ? yamlFiles(module) : []
}

const yamlFiles = (at: string): readonly string[] =>
  readdirSync(at).flatMap((name) => {
    const path = join(at, name)
    if (statSync(path).isDirectory()) return yamlFiles(path)
    return /\.ya?ml$/.test(name) ? [path] : []
  })

describe("the reference loader's own test files", () => {
  it('are read alike', async () => {
    const paths = testdata()
    const cases: readonly Case[] = paths.map((path) => ({
      name: path,
      topic: 'testdata',
      files: {},
      args: { files: [basename(path)], from: '.', profiles: ['*'] },
    }))
    const theirs = await askOracle(
      program,
      cases.map((item) => requestFor(item, dirname(item.name))),
    )
    const found = cases.flatMap((item, i) => {
      const root = dirname(item.name)
      const ours = loadCase(item, root, { files: nodeFiles, unused: true })
      return compare(ours, theirs[i] ?? NO_ANSWER, root).map((d) => `${item.name} ${d}`)
    })
    expect(found).toEqual([])
    expect(paths.length).toBeGreaterThan(50)
  }, 300_000)
})
