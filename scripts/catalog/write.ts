// Turns tables of public instance facts into the catalogue that ships with the package (core/catalog/data): one line a
// type, so that a change of price shows as a change of line. The tables and their sources are named in docs/catalog.md.
// usage: node scripts/catalog/write.ts FOLDER-WITH-CSV-FILES
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gpuMemoryBytes, gpuModel } from '../../core/model/gpu.ts'

type Row = Readonly<Record<string, string>>

const out = fileURLToPath(new URL('../../core/catalog/data/', import.meta.url))

const rowsOf = (path: string): Row[] => {
  const [head = '', ...lines] = readFileSync(path, 'utf8').trim().split(/\r?\n/)
  const names = head.split(',')
  return lines.map((line) => Object.fromEntries(line.split(',').map((value, i) => [names[i] ?? '', value])))
}

const number = (text: string | undefined): number | null =>
  text === undefined || text === '' ? null : Number(Number(text).toFixed(5))

/** The card's model with its size, as the project names it: 'a100' of 40 GB → 'a100-40gb'. */
const modelOf = (row: Row): string => {
  const name = row['accelerator'] ?? ''
  const gib = Math.round(Number(row['accelerator_mem_gib']) / share(row))
  return gpuModel(/^(a100|v100)$/i.test(name) ? `${name}-${gib}gb` : name)
}

const share = (row: Row): number => Math.min(1, Number(row['accelerator_count']))

/** null: no card; undefined: a card that no container of ours could use. */
const gpuOf = (row: Row): readonly (string | number)[] | null | undefined => {
  if (!row['accelerator']) return null
  const model = modelOf(row)
  if (gpuMemoryBytes(model) === null) return undefined
  const part = share(row)
  return [model, Math.max(1, Number(row['accelerator_count'])), part, Number(row['accelerator_mem_gib'])]
}

const typeLine = (rows: readonly Row[], regions: readonly string[]): string | null => {
  const [first] = rows
  if (!first) return null
  const gpu = gpuOf(first)
  // A table may round half a gibibyte down to none: such a type is too small for a node anyway.
  if (gpu === undefined || Number(first['memory_gib']) === 0) return null
  const allocatable = first['alloc_cpu_milli']
    ? [Number(first['alloc_cpu_milli']), Number(first['alloc_mem_mib']), Number(first['max_pods'])]
    : null
  const prices = regions.map((region) => {
    const row = rows.find((r) => r['region'] === region)
    const onDemand = number(row?.['od_usd_hr'])
    if (!row || onDemand === null) return null
    const spot = number(row['spot_usd_hr'] ?? row['spot_usd_hr_est'])
    return [onDemand, spot, row['od_source'] ?? '', row['od_date'] ?? '']
  })
  const head = [first['instance_type'], Number(first['vcpu']), Number(first['memory_gib']), first['arch']]
  return JSON.stringify([...head, gpu, allocatable, prices])
}

const write = (cloud: string, path: string): void => {
  const rows = rowsOf(path)
  const regions = [...new Set(rows.map((r) => r['region'] ?? ''))]
  const byType = Map.groupBy(rows, (r) => r['instance_type'] ?? '')
  const lines = [...byType.keys()].sort().flatMap((name) => typeLine(byType.get(name) ?? [], regions) ?? [])
  const asOf = rows
    .map((r) => r['od_date'] ?? '')
    .sort()
    .at(-1)
  const text = `{"cloud":"${cloud}","asOf":"${asOf}","regions":${JSON.stringify(regions)},"types":[\n${lines.join(',\n')}\n]}\n`
  writeFileSync(join(out, `${cloud}.json`), text)
  console.log(`${cloud}: ${lines.length} types, ${regions.length} regions, ${asOf}`)
}

const folder = process.argv[2] ?? ''
for (const file of readdirSync(folder).filter((f) => f.endsWith('.csv'))) {
  write(file.startsWith('aws-') ? 'aws' : 'azure', join(folder, file))
}
