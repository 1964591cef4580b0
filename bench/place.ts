// Placement of 1,000 services on 3 targets: the decision from a parsed application, without the network.
// node bench/place.ts [SERVICES] [TARGETS] [NODES]; the figure to hold is 300 ms. Fixed input; median of seven runs.
import { performance } from 'node:perf_hooks'
import { argv, memoryUsage, stdout } from 'node:process'
import type { Service } from '../core/model/app.ts'
import { ifLost, placeApp } from '../core/place/index.ts'
import type { PlaceInput } from '../core/place/types.ts'
import { samplePlaceInput, samplePlaceTarget, sampleService, unknownCapacity } from '../test/builders/place.ts'
import { sampleNode } from '../test/builders/schedule.ts'

const GIB = 1024 ** 3
const RUNS = 7

/** Groups of ten: a database with a volume, a cache on every target, the rest needs one or the other. */
const services = (count: number): readonly Service[] =>
  Array.from({ length: count }, (_, i) => {
    const group = Math.floor(i / 10) * 10
    if (i % 10 === 0) return sampleService(`s${i}`, { volumes: [`v${i}`] })
    if (i % 10 === 1) return sampleService(`s${i}`, { place: { each: 1 } })
    const needs = i % 3 === 0 ? [`s${group}`] : i % 3 === 1 ? [`s${group + 1}`] : []
    return sampleService(`s${i}`, {
      replicas: 1 + (i % 4),
      needs,
      place: { strategy: i % 2 === 0 ? 'spread' : 'ordered' },
    })
  })

const fleet = (count: number, targets: number, nodes: number): PlaceInput =>
  samplePlaceInput(
    services(count),
    Array.from({ length: targets }, (_, t) =>
      samplePlaceTarget(`t${t}`, {
        capacity:
          nodes === 0
            ? unknownCapacity
            : {
                kind: 'known',
                nodes: Array.from({ length: nodes }, (__, n) =>
                  sampleNode(`n${n}`, { total: { cpuMillis: 64_000, memoryBytes: 256 * GIB } }),
                ),
              },
      }),
    ),
  )

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

const timed = (work: () => unknown): number => {
  const times: number[] = []
  for (let run = 0; run < RUNS; run++) {
    const start = performance.now()
    work()
    times.push(performance.now() - start)
  }
  return median(times)
}

const report = (name: string, input: PlaceInput): void => {
  const result = placeApp(input)
  const again = {
    ...input,
    targets: input.targets.map((t) => ({
      ...t,
      current: Object.fromEntries(
        Object.entries(result.counts).flatMap(([s, c]) => (c[t.name] ? [[s, c[t.name] ?? 0]] : [])),
      ),
    })),
  }
  const first = timed(() => placeApp(input))
  const unchanged = timed(() => placeApp(again))
  const lost = timed(() => ifLost(again))
  const memory = Math.round(memoryUsage().rss / 1024 ** 2)
  stdout.write(
    `${name}: ${input.app.services.length} services × ${input.targets.length} targets: first ${first.toFixed(0)} ms, unchanged ${unchanged.toFixed(0)} ms (figure 300 ms), ` +
      `if lost ${lost.toFixed(0)} ms; ${result.unplaceable.length} unplaceable; ${memory} MiB\n`,
  )
}

const main = (): void => {
  const count = Number(argv[2] ?? 1000)
  const targets = Number(argv[3] ?? 3)
  const nodes = Number(argv[4] ?? 50)
  report('capacity unknown', fleet(count, targets, 0))
  report(`capacity known, ${nodes} nodes each`, fleet(count, targets, nodes))
}

main()
