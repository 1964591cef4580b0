// Compose files as applications that a Kubernetes target would render, each in a namespace of its own: the corpus of the
// loader, the files written to be hardened, and files written as people publish them.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { App, Service } from '../../core/model/app.ts'
import { type Diagnostic, hasErrors } from '../../core/model/diagnostic.ts'
import type { NativeObject, TargetSpec } from '../../core/model/native-object.ts'
import { renderContext } from '../../providers/kubernetes/render/context.ts'
import { render } from '../../providers/kubernetes/render/index.ts'
import { namespaceLevel } from '../../providers/kubernetes/render/namespace.ts'
import { verdicts } from '../../providers/kubernetes/verdicts/index.ts'
import { specOf } from '../builders/kubernetes.ts'
import type { Minor } from '../clusters/index.ts'
import { allCases, type Case } from '../compose/corpus.ts'
import { loadCase } from '../compose/load-case.ts'

/** As placing would count: an autoscaled service starts inside its bounds. */
const placedCount = ({ replicas, extension: { autoscale } }: Service): number =>
  autoscale === null ? replicas : Math.min(autoscale.max, Math.max(autoscale.min, replicas))

export type Level = ReturnType<typeof namespaceLevel>

export interface Judged {
  /** 'hardenable web-and-cache': where the file stands. */
  readonly title: string
  readonly namespace: string
  readonly source: Case
  readonly app: App
  readonly spec: TargetSpec
  readonly diagnostics: readonly Diagnostic[]
  /** Pod Security level that the namespace would enforce. */
  readonly level: Level
  readonly objects: readonly NativeObject[]
}

export const isRefused = ({ diagnostics }: Judged): boolean => hasErrors(diagnostics)

const FOLDERS = { hardenable: 'hardenable', public: 'public' } as const

/** Values for what the files take from the environment. */
const ENVIRONMENT = { DB_PASSWORD: 'correct-horse', API_TOKEN: 'battery-staple', SESSION_KEY: 'hunter2-hunter2' }

/** The Compose files of a folder beside this one; each is a case of its own. */
export const casesOf = (folder: keyof typeof FOLDERS): readonly Case[] =>
  readdirSync(join(import.meta.dirname, FOLDERS[folder]))
    .filter((file) => file.endsWith('.yaml'))
    .sort()
    .map((file) => ({
      name: file.slice(0, -'.yaml'.length),
      topic: folder,
      files: { 'app/compose.yaml': readFileSync(join(import.meta.dirname, FOLDERS[folder], file), 'utf8') },
      args: { env: ENVIRONMENT, projectName: file.slice(0, -'.yaml'.length) },
    }))

export const corpusCases = (): readonly Case[] => allCases()

export const judgedOf = (cases: readonly Case[], minor: Minor): readonly Judged[] =>
  cases.flatMap((source, i) => {
    const app = loadCase(source)
    return app === null ? [] : [judge(source, app, { minor, namespace: `${source.topic}-${i}` })]
  })

const judge = (source: Case, app: App, where: { readonly minor: Minor; readonly namespace: string }): Judged => {
  const spec = specOf(app, {
    version: where.minor,
    target: { settings: { namespace: where.namespace } },
    facts: { ingressClasses: [{ name: 'nginx', isDefault: true }] },
    counts: Object.fromEntries(app.services.map((service) => [service.name, placedCount(service)])),
  })
  return {
    title: `${source.topic} ${source.name}`,
    namespace: where.namespace,
    source,
    app,
    spec,
    diagnostics: verdicts(spec.target, spec),
    level: namespaceLevel(renderContext(spec.target, spec)),
    objects: render(spec.target, spec),
  }
}
