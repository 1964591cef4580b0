// A cordoned node takes nothing new.
import type { Filter } from './filter.ts'

export const cordon: Filter = {
  name: 'cordon',
  reads: 'node',
  prepare: (table) => ({
    fits: (row) => table.nodes[row]?.cordoned === false,
    explain: () => ({ reason: 'the node is cordoned', detail: '' }),
  }),
}
