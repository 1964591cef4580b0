// What render makes is taken by a real API server: every object of every corpus file that the verdicts let through passes a
// strict server dry run, and a pod of every template passes in a namespace that enforces the level that render named.
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadProject } from '../../../core/config/index.ts'
import type { App } from '../../../core/model/app.ts'
import { hasErrors } from '../../../core/model/diagnostic.ts'
import type { NativeObject } from '../../../core/model/native-object.ts'
import { mapSecrets } from '../../../core/model/secret-walk.ts'
import { RESOURCES } from '../../../providers/kubernetes/rbac.ts'
import { renderContext } from '../../../providers/kubernetes/render/context.ts'
import { render } from '../../../providers/kubernetes/render/index.ts'
import { namespaceLevel } from '../../../providers/kubernetes/render/namespace.ts'
import { verdicts } from '../../../providers/kubernetes/verdicts/index.ts'
import { at, specOf } from '../../builders/kubernetes.ts'
import { type Minor, type Plane, startPlane } from '../../clusters/index.ts'
import { allCases, type Case } from '../../compose/corpus.ts'
import { memoryFiles, ROOT } from '../../compose/memory-files.ts'

const appOf = ({ files, args }: Case): App | null =>
  loadProject(
    {
      workingDir: join(ROOT, args.from ?? 'app'),
      files: args.files ?? null,
      env: args.env ?? {},
      envFiles: args.envFiles ?? [],
      profiles: args.profiles ?? ['*'],
      projectName: args.projectName ?? null,
      projectRoot: ROOT,
      allowPaths: ['/'],
      confine: false,
      config: null,
      targets: null,
    },
    memoryFiles(files),
  ).app

const LEVELS = ['restricted', 'baseline', 'privileged'] as const

/** The objects with their real values, for a namespace that enforces the level of the app; null where the app is refused. */
const objectsOf = (app: App, minor: Minor): readonly NativeObject[] | null => {
  const level = namespaceLevel(renderContext(specOf(app).target, specOf(app)))
  const spec = specOf(app, {
    version: minor,
    target: { publish: 'nodePort', settings: { namespace: `level-${level}` } },
  })
  return hasErrors(verdicts(spec.target, spec)) ? null : render(spec.target, spec)
}

const pathOf = ({ id, kind }: NativeObject, body: unknown): string => {
  const [group = '', , namespace] = id.split('/')
  const version = String(at(body, 'apiVersion'))
  const root = group === 'core' ? `/api/${version}` : `/apis/${version}`
  return kind === 'Namespace' ? `${root}/namespaces` : `${root}/namespaces/${namespace}/${RESOURCES[kind]}`
}

const STRICT = 'dryRun=All&fieldValidation=Strict&fieldManager=stormport'

describe.each<Minor>(['1.36', '1.34'])('an API server of %s', (minor) => {
  let plane: Plane
  beforeAll(async () => {
    plane = await startPlane({ name: 'render', minor })
    for (const level of LEVELS)
      await plane.api.request('POST', '/api/v1/namespaces', {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: `level-${level}`, labels: { 'pod-security.kubernetes.io/enforce': level } },
      })
    for (const level of LEVELS)
      await plane.api.request('POST', `/api/v1/namespaces/level-${level}/serviceaccounts`, {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'any' },
      })
  })
  afterAll(() => plane?.stop())

  const refusal = async (path: string, body: unknown): Promise<string | null> => {
    try {
      await plane.api.request('POST', `${path}?${STRICT}`, body)
      return null
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }

  const refusals = async (objects: readonly NativeObject[]): Promise<readonly string[]> => {
    const sent = await Promise.all(
      objects.map(async (object) => {
        const body = mapSecrets(object.body, (secret) => secret.reveal() ?? '')
        const own = object.kind === 'Namespace' ? null : await refusal(pathOf(object, body), body)
        const template = at(body, 'spec.template') ?? at(body, 'spec.jobTemplate.spec.template')
        const namespace = object.id.split('/')[2]
        const pod = { apiVersion: 'v1', kind: 'Pod', ...Object(template) }
        const named = {
          ...pod,
          metadata: { ...Object(at(template, 'metadata')), name: 'try' },
          spec: { ...Object(at(template, 'spec')), serviceAccountName: 'any' },
        }
        return [own, template === undefined ? null : await refusal(`/api/v1/namespaces/${namespace}/pods`, named)]
      }),
    )
    return sent.flat().flatMap((message) => message ?? [])
  }

  it('takes every object of the corpus', async () => {
    const found: string[] = []
    let apps = 0
    let objects = 0
    for (const one of allCases()) {
      const app = appOf(one)
      const rendered = app === null ? null : objectsOf(app, minor)
      if (rendered === null) continue
      apps++
      objects += rendered.length
      found.push(...(await refusals(rendered)).map((message) => `${one.topic} ${one.name}: ${message}`))
    }
    console.log(`${objects} objects of ${apps} applications were tried`)
    expect(found).toEqual([])
    expect(apps).toBeGreaterThan(50)
  })
})
