// The image runs on the node's operating system and architecture. Variants (arm64/v8) are not told apart: nodes do not
// report them.
import { architecture } from '../node-value.ts'
import type { Filter } from './filter.ts'

export const platform: Filter = {
  name: 'platform',
  reads: 'node',
  prepare: (table, cls) => {
    if (cls.platforms.length === 0) return null
    const wanted = new Set(cls.platforms.map(normalised))
    const of = (row: number): string =>
      `${table.nodes[row]?.os.toLowerCase()}/${architecture(table.nodes[row]?.arch ?? '')}`
    return {
      fits: (row) => wanted.has(of(row)),
      explain: (row) => ({ reason: `needs platform ${cls.platforms.join(' or ')}`, detail: `is ${of(row)}` }),
    }
  },
}

const normalised = (platform: string): string => {
  const [os = '', arch = ''] = platform.split('/')
  return `${os.toLowerCase()}/${architecture(arch)}`
}
