import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { codes } from '../../core/model/codes/index.ts'
import { FIELD_TABLE } from '../../providers/local/verdict-table.ts'
import { pages } from './pages.ts'

const read = (path: string): string => {
  const url = new URL(`../../${path}`, import.meta.url)
  return existsSync(url) ? readFileSync(url, 'utf8') : ''
}

describe('the generated pages', () => {
  it.each(Object.entries(pages()))('%s says what the code says', (path, text) => {
    expect(read(path), 'run npm run docs').toBe(text)
  })

  it('leave no code and no field out', () => {
    for (const code of Object.keys(codes)) expect(read('docs/codes.md')).toContain(`## ${code}\n`)
    for (const { field } of FIELD_TABLE) expect(read('docs/compose-fields.md')).toContain(`| \`${field}\` |`)
  })
})
