// The loader against what the reference loader was recorded to make of the corpus.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { canonicalJson } from '../../core/model/canonical.ts'
import { readTopic, topics } from './corpus.ts'
import { memoryFiles, ROOT } from './memory-files.ts'
import { loadCase } from './outcome.ts'

interface Recorded {
  readonly project?: unknown
  readonly refused?: string
}

describe.each(topics())('%s', (topic) => {
  const file = join(import.meta.dirname, 'recorded', `${topic}.json`)
  const recorded = JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, Recorded>>

  it.each(readTopic(topic).map((item) => [item.name, item] as const))('%s', (name, item) => {
    const theirs = recorded[name]
    expect(theirs, 'run node test/compose/record.ts').toBeDefined()
    const ours = loadCase(item, ROOT, { files: memoryFiles(item.files), unused: true })
    if (theirs?.project === undefined) expect(ours.project, theirs?.refused ?? '').toBeNull()
    else {
      expect(ours.reason).toBe('')
      expect(JSON.parse(canonicalJson(ours.project))).toEqual(theirs.project)
    }
  })
})
