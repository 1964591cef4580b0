// Deploys on a real Kubernetes control plane with kwok nodes against `kubectl apply --server-side` + `rollout status` and
// `helm install --wait` of the same objects, each pair on a fresh plane, and the figures around it (issue's section Speed).
// usage: node bench/kube.ts SERVICES [PAIRS] [FILE]   FILE keeps the times, so that pairs of several short runs count together
//        node bench/kube.ts again|status|import
// needs: .ci/setup-kube.sh, bench/setup.sh for helm, and the built dist
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { type BenchApp, closeBench, type KubeBench, makeNamespace, openBench } from './kube-app.ts'
import { measureAgain, measureImport, measureStatus, planMemoryMib } from './kube-figures.ts'
import { floor, helmInstall, kubectlApply, kubectlDeploy, ours, requirePeers } from './kube-peers.ts'
import { figure, median, row, seconds } from './kube-report.ts'

interface Pair {
  readonly services: number
  readonly objects: number
  readonly oursMs: number
  readonly oursAgainMs: number
  readonly kubectlMs: number
  readonly kubectlAgainMs: number
  readonly helmMs: number
  readonly floorMs: number
  readonly planMib: number
}

/** A little first, so that nobody pays for the plane's own start. */
const warmUp = async (bench: KubeBench): Promise<void> => {
  const app = bench.writeApp('warm', 2)
  await makeNamespace(bench, 'warm')
  await floor(bench, app)
}

type Turn = () => Promise<void>

const measurePair = async (services: number, turn: number): Promise<Pair> => {
  const bench = await openBench(services)
  const times: Record<string, number> = {}
  const peer = async (name: string, run: (app: BenchApp) => number | Promise<number>): Promise<BenchApp> => {
    const app = bench.writeApp(name, services)
    await makeNamespace(bench, name)
    times[name] = await run(app)
    return app
  }
  let objects = 0
  const turns: readonly Turn[] = [
    async () => {
      const app = bench.writeApp('ours', services)
      objects = app.objects.length
      times['ours'] = ours(bench, app, 'deploy')
      times['oursAgain'] = ours(bench, app, 'deploy')
      times['planMib'] = planMemoryMib(bench, app)
    },
    async () => {
      const app = await peer('kubectl', (made) => kubectlDeploy(bench, made))
      times['kubectlAgain'] = kubectlApply(bench, app)
    },
    async () => void (await peer('helm', (made) => helmInstall(bench, made))),
    async () => void (await peer('floor', (made) => floor(bench, made))),
  ]
  try {
    await warmUp(bench)
    for (let i = 0; i < turns.length; i += 1) await turns[(turn + i) % turns.length]?.()
  } finally {
    await closeBench(bench)
  }
  const of = (name: string): number => times[name] ?? Number.NaN
  return {
    services,
    objects,
    oursMs: of('ours'),
    oursAgainMs: of('oursAgain'),
    kubectlMs: of('kubectl'),
    kubectlAgainMs: of('kubectlAgain'),
    helmMs: of('helm'),
    floorMs: of('floor'),
    planMib: of('planMib'),
  }
}

const report = (pairs: readonly Pair[]): void => {
  const of = (key: keyof Pair): number => median(pairs.map((pair) => pair[key]))
  const { services = 0, objects = 0 } = pairs[0] ?? {}
  console.log(`${services} services, ${objects} objects, ${pairs.length} pairs, medians`)
  const [mine, again, bottom] = [of('oursMs'), of('oursAgainMs'), of('floorMs')]
  const large = services > 100
  row({ what: 'first deploy', peer: 'kubectl', peerMs: of('kubectlMs'), oursMs: mine, bound: large ? 0.5 : 0.4 })
  row({ what: 'first deploy', peer: 'helm', peerMs: of('helmMs'), oursMs: mine, bound: 0.8 })
  if (large) row({ what: 'first deploy', peer: 'floor', peerMs: bottom, oursMs: mine, bound: 1.3 })
  else console.log(`floor: ${seconds(bottom)}, ours is ${(mine / bottom).toFixed(2)} of it`)
  row({ what: 'again, unchanged', peer: 'kubectl', peerMs: of('kubectlAgainMs'), oursMs: again, bound: 0.5 })
  figure(`largest memory of plan, ${objects} objects`, of('planMib'), { bound: 180, unit: 'MiB' })
}

const measurePairs = async (services: number, count: number, file: string | undefined): Promise<void> => {
  requirePeers()
  const kept = file !== undefined && existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : []
  const pairs = kept.map((line) => JSON.parse(line) as Pair).filter((pair) => pair.services === services)
  for (let i = 0; i < count; i += 1) {
    const pair = await measurePair(services, pairs.length)
    pairs.push(pair)
    console.log(JSON.stringify(pair))
    if (file !== undefined) appendFileSync(file, `${JSON.stringify(pair)}\n`)
  }
  report(pairs)
}

const main = async ([what = '50', count = '5', file]: readonly string[]): Promise<void> => {
  if (what === 'again') return measureAgain()
  if (what === 'status') return measureStatus()
  if (what === 'import') return measureImport()
  return measurePairs(Number(what), Number(count), file)
}

await main(process.argv.slice(2))
