// Records what the reference loader makes of the corpus, so that `npm test` can compare without Go:
// node test/compose/record.ts [topic…]
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { canonicalJson } from '../../core/model/canonical.ts'
import { readTopic, topics } from './corpus.ts'
import { askOracle, buildOracle, requestFor, writeCase } from './oracle.ts'

const record = async (program: string, folder: string, topic: string): Promise<void> => {
  const cases = readTopic(topic)
  const roots = cases.map((_, i) => join(folder, topic, String(i)))
  for (const [i, item] of cases.entries()) writeCase(item, roots[i] ?? '')
  const outcomes = await askOracle(
    program,
    cases.map((item, i) => requestFor(item, roots[i] ?? '')),
  )
  const recorded = Object.fromEntries(
    cases.map((item, i) => {
      const { project, reason } = outcomes[i] ?? { project: null, reason: '' }
      const text = canonicalJson(project === null ? { refused: reason } : { project })
      return [item.name, JSON.parse(text.replaceAll(roots[i] ?? '', '/ROOT'))]
    }),
  )
  if (Object.keys(recorded).length !== cases.length) throw new Error(`two cases of ${topic} have the same name`)
  const lines = Object.entries(recorded).map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`)
  writeFileSync(join(import.meta.dirname, 'recorded', `${topic}.json`), `{\n${lines.join(',\n')}\n}\n`)
}

const folder = mkdtempSync(join(tmpdir(), 'compose-oracle-'))
try {
  const program = buildOracle()
  const wanted = process.argv.slice(2)
  for (const topic of wanted.length > 0 ? wanted : topics()) await record(program, folder, topic)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
