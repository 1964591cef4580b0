// Volumes pin: a replica goes where all its volumes are. A volume that no node holds goes where its first replica goes.
import type { Filter } from './filter.ts'

export const volumes: Filter = {
  name: 'volumes',
  reads: 'state',
  prepare: (table, cls) => {
    if (cls.volumes.length === 0) return null
    const elsewhere = (row: number): string | undefined =>
      cls.volumes.find((volume) => table.volumeRows.get(volume)?.has(row) === false)
    return {
      fits: (row) => elsewhere(row) === undefined,
      explain: (row) => {
        const volume = elsewhere(row) ?? ''
        const holder = table.nodes[table.volumeRows.get(volume)?.values().next().value ?? -1]
        return { reason: `volume ${volume} is on ${holder?.name ?? 'another node'}`, detail: '' }
      },
    }
  },
}
