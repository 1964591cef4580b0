import { expect, it } from 'vitest'
import type { Fate, Measured } from './measure.ts'
import { komposePage } from './page.ts'

const NONE = { kept: 0, said: 0, silent: 0, refused: 0, beside: 0 }

const measured = (fates: Readonly<Record<string, Partial<Record<Fate, number>>>>): Measured => ({
  serverAsked: true,
  files: 3,
  refusedFiles: 1,
  filesWithRefusedObjects: 0,
  objects: 9,
  refusedObjects: 0,
  pods: 2,
  violatesRestricted: 1,
  violatesBaseline: 0,
  fates: new Map(Object.entries(fates).map(([field, counts]) => [field, { ...NONE, ...counts }])),
})

it('counts what became of the fields, tool by tool, and names those that were lost', () => {
  const page = komposePage({
    date: '2026-11-24',
    kompose: '1.38.0',
    kubernetes: '1.36.3',
    command: 'node write.ts',
    corpora: [
      {
        name: 'Files',
        what: 'Some.',
        tried: [
          { tool: 'A', measured: measured({ image: { kept: 3 }, init: { said: 1, silent: 1 } }) },
          { tool: 'B', measured: measured({ image: { kept: 2, silent: 1 }, init: { silent: 2 }, dns: { kept: 1 } }) },
        ],
      },
    ],
  })
  expect(page).toContain('| files converted | 2 | 2 |')
  expect(page).toContain('| fields kept | 3 | 3 |')
  expect(page).toContain('| **fields lost in silence** | 1 | 3 |')
  const lost = page
    .slice(page.indexOf('field by field'))
    .split('\n')
    .filter((line) => line.startsWith('| `'))
  expect(lost).toEqual(['| `init` | 1 | 2 |', '| `image` | 0 | 1 |'])
})
