// What other people's judges say of rendered objects: nothing where the file asks for everything, and else only what
// follows from the file itself. Before that each judge finds the faults that are put in, so that its silence means something.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { NativeObject } from '../../../core/model/native-object.ts'
import { at } from '../../builders/kubernetes.ts'
import { releaseOf } from '../../clusters/index.ts'
import { casesOf, corpusCases, isRefused, type Judged, judgedOf } from '../../judges/apps.ts'
import { checkov } from '../../judges/checkov.ts'
import type { JudgeName, Verdict } from '../../judges/finding.ts'
import { kubeScore } from '../../judges/kube-score.ts'
import { kubeconform } from '../../judges/kubeconform.ts'
import { writeManifests } from '../../judges/manifests.ts'
import { monokle } from '../../judges/monokle.ts'
import { missingForJudges } from '../../judges/paths.ts'
import { cachedSchemas } from '../../judges/schemas.ts'
import { weigh } from '../../judges/unexplained.ts'

const NEWEST = '1.36'
/** checkov reads all files at once, slowly: 85 s on two busy cores. */
const LONGEST_MS = 600_000
const folder = mkdtempSync(join(tmpdir(), 'judges-'))
const judges = new Map<JudgeName, (paths: readonly string[]) => Promise<Verdict>>()

beforeAll(async () => {
  expect(missingForJudges()).toBeNull()
  const newest = await cachedSchemas(NEWEST)
  judges.set('kubeconform', (paths) => kubeconform(paths, newest))
  judges.set('kube-score', (paths) => kubeScore(paths, releaseOf(NEWEST)))
  judges.set('checkov', checkov)
  judges.set('monokle', (paths) => monokle(paths, newest))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const ask = async (judge: JudgeName, name: string, apps: readonly Judged[]): Promise<Verdict> => {
  const asked = judges.get(judge)
  if (asked === undefined) throw new Error(`${judge} was not set up`)
  return asked(writeManifests(join(folder, `${judge}-${name}`), apps))
}

const JUDGES: readonly JudgeName[] = ['kubeconform', 'kube-score', 'checkov', 'monokle']
const hardenable = judgedOf(casesOf('hardenable'), NEWEST)
const others = [...judgedOf(casesOf('public'), NEWEST), ...judgedOf(corpusCases(), NEWEST)].filter((a) => !isRefused(a))

interface Fault {
  readonly judge: JudgeName
  readonly rule: string
  readonly container?: object
  readonly pod?: object
}

const FAULTS: readonly Fault[] = [
  { judge: 'kubeconform', rule: 'statusInvalid', container: { imagePullPolice: 'Always' } },
  { judge: 'kubeconform', rule: 'statusInvalid', pod: { terminationGracePeriodSeconds: 'ten' } },
  { judge: 'kube-score', rule: 'container-image-tag', container: { image: 'web' } },
  { judge: 'kube-score', rule: 'container-resources', container: { resources: {} } },
  { judge: 'kube-score', rule: 'container-seccomp-profile', pod: { securityContext: {} } },
  { judge: 'kube-score', rule: 'pod-probes', container: { readinessProbe: undefined } },
  { judge: 'checkov', rule: 'CKV_K8S_16', container: { securityContext: { privileged: true } } },
  { judge: 'checkov', rule: 'CKV_K8S_13', container: { resources: {} } },
  { judge: 'checkov', rule: 'CKV_K8S_19', pod: { hostNetwork: true } },
  { judge: 'checkov', rule: 'CKV_K8S_38', pod: { automountServiceAccountToken: true } },
  { judge: 'monokle', rule: 'K8S001', container: { imagePullPolice: 'Always' } },
  { judge: 'monokle', rule: 'PSS103', container: { securityContext: { privileged: true } } },
  { judge: 'monokle', rule: 'KBP005', container: { resources: {} } },
  { judge: 'monokle', rule: 'LNK001', pod: { serviceAccountName: 'nobody' } },
]

/** The application with the fault in every pod that it makes, in a namespace that tells which fault it is. */
const withFault = (app: Judged, fault: Fault, namespace: string): Judged => ({
  ...app,
  namespace,
  objects: app.objects
    .filter(({ kind }) => kind !== 'Namespace')
    .map((object): NativeObject => {
      const body = Object(object.body)
      const metadata = { ...body.metadata, namespace }
      return { ...object, body: { ...body, metadata, ...faultySpec(body, fault) } }
    }),
})

const faultySpec = (body: unknown, { container, pod }: Fault): object => {
  const template = at(body, 'spec.template')
  if (template === undefined) return {}
  const spec = Object(at(template, 'spec'))
  const containers = spec.containers.map((one: object) => ({ ...one, ...container }))
  const changed = { ...Object(template), spec: { ...spec, ...pod, containers } }
  return { spec: { ...Object(at(body, 'spec')), template: changed } }
}

describe('a judge', () => {
  it.each(JUDGES)('called %s finds each fault that is put in', async (judge) => {
    const [app] = hardenable.filter(({ source }) => source.name === 'static-site')
    if (app === undefined) throw new Error('the application is gone')
    const faults = FAULTS.filter((fault) => fault.judge === judge)
    const { findings } = await ask(
      judge,
      'faults',
      faults.map((fault, i) => withFault(app, fault, `fault-${i}`)),
    )
    const found = faults.map((_, i) => findings.filter((f) => f.namespace === `fault-${i}`).map((f) => f.rule))
    for (const [i, { rule }] of faults.entries()) expect(found[i], `${judge} ${rule}`).toContain(rule)
    expect(faults.length).toBeGreaterThan(0)
  })
})

describe('files that are written to be hardened', () => {
  it('are sixty and more, none refused, all at the level restricted', () => {
    expect(hardenable.length).toBeGreaterThanOrEqual(60)
    expect(hardenable.length).toBe(casesOf('hardenable').length)
    expect(hardenable.filter((app) => isRefused(app) || app.level !== 'restricted').map((app) => app.title)).toEqual([])
  })

  it.each(JUDGES)(
    'give %s nothing to find',
    async (judge) => {
      const { findings, judged } = await ask(judge, 'hardenable', hardenable)
      console.log(`${judge}: ${judged} judged of ${hardenable.length} applications`)
      expect(weigh(findings, hardenable).unexplained).toEqual([])
      expect(findings).toEqual([])
      expect(judged).toBeGreaterThan(hardenable.length)
    },
    LONGEST_MS,
  )
})

describe('files that nobody hardened', () => {
  it.each(JUDGES)(
    'give %s only what follows from the file itself',
    async (judge) => {
      const { findings, judged } = await ask(judge, 'others', others)
      const { unexplained, explained } = weigh(findings, others)
      console.log(`${judge}: ${judged} judged of ${others.length} applications`, Object.fromEntries(explained))
      expect(unexplained).toEqual([])
      expect(judged).toBeGreaterThan(others.length)
      expect(others.length).toBeGreaterThanOrEqual(250)
    },
    LONGEST_MS,
  )
})
