// The API servers of both minors as judges of what no linter knows: every object is taken by a strict dry run, every pod by
// a namespace at the level that was planned, and every field is one of the minor's own schemas.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { at } from '../../builders/kubernetes.ts'
import { type Minor, type Plane, startPlane } from '../../clusters/index.ts'
import { casesOf, corpusCases, isRefused, type Judged, judgedOf } from '../../judges/apps.ts'
import { bodyRefusal, makeLevelNamespaces, podRefusal, refusals } from '../../judges/dry-run.ts'
import { kubeconform } from '../../judges/kubeconform.ts'
import { revealed, writeManifests } from '../../judges/manifests.ts'
import { schemasOf } from '../../judges/schemas.ts'
import { lineOf } from '../../judges/unexplained.ts'

const folder = mkdtempSync(join(tmpdir(), 'judges-server-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.each<Minor>(['1.36', '1.34'])('an API server of %s', (minor) => {
  let plane: Plane
  beforeAll(async () => {
    plane = await startPlane({ name: 'judges', minor })
    await makeLevelNamespaces(plane)
  })
  afterAll(() => plane?.stop())

  const kept = (apps: readonly Judged[]): readonly Judged[] => apps.filter((app) => !isRefused(app))
  const hardenable = judgedOf(casesOf('hardenable'), minor)
  const others = kept([...judgedOf(casesOf('public'), minor), ...judgedOf(corpusCases(), minor)])

  it('refuses a pod that a weaker level would take', async () => {
    const weak = others.find((app) => app.level === 'baseline')
    const body = weak?.objects.filter((object) => object.kind === 'Deployment').map(revealed)[0]
    expect(await podRefusal(plane, body, 'restricted')).toMatch(/violates PodSecurity \W*restricted:/)
    expect(await podRefusal(plane, body, 'baseline')).toBeNull()
  })

  it('refuses a field that is in no schema', async () => {
    const deployment = hardenable.flatMap((app) => app.objects).find((object) => object.kind === 'Deployment')
    const body = revealed(deployment ?? expect.fail('there is no Deployment'))
    const wrong = { ...Object(body), spec: { ...Object(at(body, 'spec')), replica: 2 } }
    expect(await bodyRefusal(plane, wrong, 'restricted')).toMatch(/unknown field \W*spec\.replica/)
    expect(await bodyRefusal(plane, body, 'restricted')).toBeNull()
  })

  it.each([
    ['written to be hardened', hardenable],
    ['that nobody hardened', others],
  ])('takes every object and every pod of the files %s', async (_which, apps) => {
    const found: string[] = []
    for (const app of apps)
      found.push(...(await refusals(plane, app.objects, app.level)).map((line) => `${app.title}: ${line}`))
    console.log(`${minor}: ${apps.flatMap((app) => app.objects).length} objects of ${apps.length} applications`)
    expect(found).toEqual([])
  })

  it('knows every field by its own schemas', async () => {
    const apps = [...hardenable, ...others]
    const { findings, judged } = await kubeconform(writeManifests(join(folder, minor), apps), await schemasOf(plane))
    expect(findings.map((finding) => lineOf(finding, finding.namespace))).toEqual([])
    expect(judged).toBe(apps.flatMap((app) => app.objects).length)
  })
})
