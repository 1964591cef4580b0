// A Compose file, through the real loader, as the spec that a Kubernetes target would render; and objects out of a render.
import { loadProject } from '../../core/config/index.ts'
import type { App } from '../../core/model/app.ts'
import type { Target } from '../../core/model/fleet.ts'
import type { NativeObject, TargetSpec } from '../../core/model/native-object.ts'
import { mapSecrets } from '../../core/model/secret-walk.ts'
import {
  assumedFacts,
  type KubernetesFacts,
  kubernetesExtra,
  readKubernetesFacts,
} from '../../providers/kubernetes/facts.ts'
import { render } from '../../providers/kubernetes/render/index.ts'
import { memoryFiles, ROOT } from '../compose/memory-files.ts'
import { fleet, target } from './app.ts'

export interface ClusterOptions {
  readonly target?: Partial<Target>
  readonly facts?: Partial<KubernetesFacts>
  readonly version?: string
  /** Service → replicas here; absent: as the file says. */
  readonly counts?: Readonly<Record<string, number>>
  /** Service → replicas on all targets; absent: as the file says. */
  readonly totals?: Readonly<Record<string, number>>
  readonly reach?: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly files?: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
  readonly app?: Partial<App>
  readonly release?: number
  readonly restarts?: Readonly<Record<string, number>>
}

const KEY = '00'.repeat(32)

/** Throws on any error of the file itself. */
export const clusterSpec = (compose: string, options: ClusterOptions = {}): TargetSpec => {
  const files = memoryFiles({ 'app/compose.yaml': compose, ...options.files })
  const { app, diagnostics } = loadProject(
    {
      workingDir: `${ROOT}/app`,
      files: null,
      env: options.env ?? {},
      envFiles: [],
      profiles: ['*'],
      projectName: options.app?.name ?? 'shop',
      projectRoot: ROOT,
      allowPaths: ['/'],
      confine: false,
      config: null,
      targets: null,
    },
    files,
  )
  if (app === null) throw new Error(diagnostics.map((d) => `${d.code} ${d.message}`).join('\n'))
  return specOf({ ...mapSecrets(app, (secret) => secret.keyed(KEY)), ...options.app }, options)
}

export const specOf = (app: App, options: ClusterOptions = {}): TargetSpec => {
  const place = clusterTarget(options.target)
  const assumed = assumedFacts(place)
  const facts = {
    ...assumed,
    version: options.version ?? assumed.version,
    extra: kubernetesExtra({ ...readKubernetesFacts(assumed), ...options.facts }),
  }
  return {
    app,
    fleet: fleet([place]),
    target: place,
    facts,
    release: options.release ?? 1,
    services: app.services.map((service) => ({
      service,
      count: options.counts?.[service.name] ?? service.replicas,
      ...(options.totals?.[service.name] === undefined ? {} : { total: options.totals[service.name] }),
      image: service.image,
      codeHash: null,
      restarts: options.restarts?.[service.name] ?? 0,
      reach: options.reach?.[service.name] ?? {},
      failureAction: 'rollback',
    })),
  }
}

export const clusterTarget = (over: Partial<Target> = {}): Target => target('rack', { provider: 'kubernetes', ...over })

export const rendered = (compose: string, options: ClusterOptions = {}): readonly NativeObject[] => {
  const spec = clusterSpec(compose, options)
  return render(spec.target, spec)
}

/** 'Deployment/web' → its body as plain JSON; throws when it is not there. */
export const bodyOf = (objects: readonly NativeObject[], address: string): Record<string, unknown> => {
  const found = objects.find(
    (o) => `${o.kind}/${o.name}` === address || `${o.kind}/${o.name.replace(/-[0-9a-f]{10}$/, '')}` === address,
  )
  if (found === undefined)
    throw new Error(`${address} is not among ${objects.map((o) => `${o.kind}/${o.name}`).join(', ')}`)
  return JSON.parse(JSON.stringify(found.body))
}

/** 'spec.template.spec.containers.0.image' */
export const at = (body: unknown, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>((v, key) => (typeof v === 'object' && v !== null ? Reflect.get(v, key) : undefined), body)
