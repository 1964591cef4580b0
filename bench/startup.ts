// How long the command line takes to start, beside Node alone: `--help` and `--version` of the built package, median of
// 15 runs each, taken in turns so that a busy moment meets all alike. The figure to hold: 50 ms over bare Node.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const RUNS = 15
const LIMIT_MS = 50

const bin = fileURLToPath(new URL('../bin/stormport.js', import.meta.url))

const measure = (args: readonly string[], home: string): number => {
  const start = process.hrtime.bigint()
  const run = spawnSync(process.execPath, [...args], {
    env: { PATH: process.env['PATH'], HOME: home },
    stdio: 'ignore',
  })
  if (run.status !== 0) throw new Error(`${args.join(' ')} ended with ${run.status}`)
  return Number(process.hrtime.bigint() - start) / 1e6
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

const compare = (home: string): boolean => {
  const empty = join(home, 'empty.mjs')
  writeFileSync(empty, '')
  const cases = { 'bare node': [empty], '--version': [bin, '--version'], '--help': [bin, '--help'] }
  const times = new Map(Object.keys(cases).map((name) => [name, [] as number[]]))
  // The first round fills the cache of compiled code and is not counted.
  for (let run = 0; run <= RUNS; run++)
    for (const [name, args] of Object.entries(cases))
      if (run > 0) times.get(name)?.push(measure(args, home))
      else measure(args, home)
  const bare = median(times.get('bare node') ?? [])
  for (const [name, values] of times)
    console.log(
      `${name.padEnd(10)} ${median(values).toFixed(1).padStart(6)} ms   ${(median(values) - bare).toFixed(1).padStart(6)} ms over bare node`,
    )
  return [...times.values()].every((values) => median(values) - bare <= LIMIT_MS)
}

const home = mkdtempSync(join(tmpdir(), 'bench-startup-'))
try {
  const held = compare(home)
  console.log(`figure: at most ${LIMIT_MS} ms over bare node: ${held ? 'held' : 'missed'}`)
  process.exitCode = held ? 0 : 1
} finally {
  rmSync(home, { recursive: true, force: true })
}
