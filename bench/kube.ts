// Deploys on a real Kubernetes control plane with kwok nodes against `kubectl apply --server-side` + `rollout status` and
// `helm install --wait` of the same objects, each pair on a fresh plane, and the figures around it (issue's section Speed).
// usage: node bench/kube.ts SERVICES [PAIRS [FILE [ours,kubectl,kubectlEach,helm,floor]]]
//        FILE keeps the times, so that pairs of several short runs count together
//        node bench/kube.ts again|status|import
// needs: .ci/setup-kube.sh, bench/setup.sh for helm, and the built dist
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { type BenchApp, closeBench, type KubeBench, makeNamespace, openBench } from './kube-app.ts'
import { measureAgain, measureImport, measureStatus, planMemoryMib } from './kube-figures.ts'
import { floor, helmInstall, kubectlApply, kubectlDeploy, kubectlDeployEach, ours, requirePeers } from './kube-peers.ts'
import { figure, median, row } from './kube-report.ts'

interface Pair {
  readonly services: number
  readonly objects: number
  /** What was measured → milliseconds; planMib: MiB. */
  readonly values: Readonly<Record<string, number>>
}

/** A little first, by us and by hand, so that nobody pays for the plane's own start or for code that was never run. */
const warmUp = async (bench: KubeBench): Promise<void> => {
  ours(bench, bench.writeApp('warm', 2), 'deploy')
  const app = bench.writeApp('warm-floor', 2)
  await makeNamespace(bench, app.name)
  await floor(bench, app)
}

type Turn = (bench: KubeBench, app: BenchApp) => Promise<Readonly<Record<string, number>>>

/** Each in a namespace of its own, which is there for the peers; ours makes it within the measured time. */
const TURNS: Readonly<Record<string, Turn>> = {
  ours: async (bench, app) => ({
    ours: ours(bench, app, 'deploy'),
    oursAgain: ours(bench, app, 'deploy'),
    planMib: planMemoryMib(bench, app),
  }),
  kubectl: async (bench, app) => ({
    kubectl: kubectlDeploy(bench, app),
    kubectlAgain: kubectlApply(bench, app),
  }),
  kubectlEach: async (bench, app) => ({ kubectlEach: kubectlDeployEach(bench, app) }),
  helm: async (bench, app) => ({ helm: helmInstall(bench, app) }),
  floor: async (bench, app) => ({ floor: await floor(bench, app) }),
}

const measurePair = async (services: number, names: readonly string[]): Promise<Pair> => {
  const bench = await openBench(services)
  const values: Record<string, number> = {}
  let objects = 0
  try {
    await warmUp(bench)
    for (const name of names) {
      const app = bench.writeApp(name.toLowerCase(), services)
      objects = app.objects.length
      if (name !== 'ours') await makeNamespace(bench, app.name)
      Object.assign(values, await TURNS[name]?.(bench, app))
    }
  } finally {
    await closeBench(bench)
  }
  return { services, objects, values }
}

const report = (pairs: readonly Pair[]): void => {
  const of = (key: string): number => median(pairs.flatMap(({ values }) => values[key] ?? []))
  const { services = 0, objects = 0 } = pairs[0] ?? {}
  console.log(`${services} services, ${objects} objects, ${pairs.length} pairs, medians`)
  const large = services > 100
  const first = (peer: string, bound: number | null): void =>
    row({ what: 'first deploy', peer, peerMs: of(peer), oursMs: of('ours'), bound })
  first('kubectlEach', large ? 0.5 : 0.4)
  first('kubectl', null)
  first('helm', 0.8)
  first('floor', large ? 1.3 : null)
  row({ what: 'again, unchanged', peer: 'kubectl', peerMs: of('kubectlAgain'), oursMs: of('oursAgain'), bound: 0.5 })
  figure(`largest memory of plan, ${objects} objects`, of('planMib'), { bound: 180, unit: 'MiB' })
}

interface Measuring {
  readonly services: number
  readonly count: number
  readonly file: string | undefined
  readonly names: readonly string[]
}

const measurePairs = async ({ services, count, file, names }: Measuring): Promise<void> => {
  requirePeers()
  const kept = file !== undefined && existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : []
  const pairs = kept.map((line) => JSON.parse(line) as Pair).filter((pair) => pair.services === services)
  for (let i = 0; i < count; i += 1) {
    // Who begins takes turns.
    const shift = pairs.length % names.length
    const pair = await measurePair(services, [...names.slice(shift), ...names.slice(0, shift)])
    pairs.push(pair)
    console.log(JSON.stringify(pair))
    if (file !== undefined) appendFileSync(file, `${JSON.stringify(pair)}\n`)
  }
  report(pairs)
}

const main = async ([what = '50', count = '5', file, names]: readonly string[]): Promise<void> => {
  if (what === 'again') return measureAgain()
  if (what === 'status') return measureStatus()
  if (what === 'import') return measureImport()
  const all = names === undefined ? Object.keys(TURNS) : names.split(',')
  return measurePairs({ services: Number(what), count: Number(count), file, names: all })
}

await main(process.argv.slice(2))
