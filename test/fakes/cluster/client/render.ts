// TargetSpec → objects of the fake cluster: a Secret, a Deployment and a Service for each service, claims for volumes.
import type { Service } from '../../../../core/model/app.ts'
import { contentHash } from '../../../../core/model/canonical.ts'
import type { Target } from '../../../../core/model/fleet.ts'
import type { NativeObject, ServiceSpec, TargetSpec } from '../../../../core/model/native-object.ts'
import { Secret } from '../../../../core/model/secret.ts'

export const namespaceOf = (target: Target, app: string): string =>
  `${String(target.settings['namespace'] ?? target.name)}.${app}`

export const renderObjects = (target: Target, spec: TargetSpec): readonly NativeObject[] => {
  const namespace = namespaceOf(target, spec.app.name)
  const claims = spec.app.volumes
    .filter((v) => !v.external)
    .map((v) =>
      objectOf({
        namespace,
        kind: 'PersistentVolumeClaim',
        name: v.name,
        body: { size: v.sizeBytes ?? 2 ** 30 },
        stage: 1,
        guard: 'data',
      }),
    )
  return [...claims, ...spec.services.flatMap((s) => serviceObjects(namespace, s))]
}

const serviceObjects = (namespace: string, s: ServiceSpec): readonly NativeObject[] => {
  const { service } = s
  const secrets = Object.fromEntries(Object.entries(service.environment).filter(([, v]) => v instanceof Secret))
  const at = { namespace, service: service.name, guard: 'none' as const }
  // Named after what is in it: another value is another object, and the old one stays for a rollback.
  const secretName = `${service.name}-env-${contentHash(secrets).slice(0, 6)}`
  const secret =
    Object.keys(secrets).length === 0
      ? []
      : [objectOf({ ...at, kind: 'Secret', name: secretName, body: { data: secrets }, stage: 1 })]
  const deployment = objectOf({
    ...at,
    kind: 'Deployment',
    name: service.name,
    body: deploymentBody(s, secret.length > 0 ? secretName : null),
    stage: 2,
    after: secret.map((o) => o.id),
  })
  const ports = service.ports.map((p) => ({ port: p.published ?? p.target, targetPort: p.target }))
  const front =
    ports.length === 0 ? [] : [objectOf({ ...at, kind: 'Service', name: service.name, body: { ports }, stage: 2 })]
  return [...secret, deployment, ...front]
}

const deploymentBody = (s: ServiceSpec, envSecret: string | null): Readonly<Record<string, unknown>> => ({
  replicas: s.count,
  image: s.image,
  command: s.service.command,
  env: s.service.environment,
  ...(envSecret === null ? {} : { envSecret }),
  restarts: s.restarts,
  containerPorts: portsOf(s.service),
})

const portsOf = (service: Service): readonly number[] => [
  ...service.ports.map((p) => p.target),
  ...service.expose.map((e) => e.port),
]

interface Rendered {
  readonly namespace: string
  readonly kind: string
  readonly name: string
  readonly service?: string
  readonly body: unknown
  readonly stage: number
  readonly guard: NativeObject['guard']
  readonly after?: readonly string[]
}

const objectOf = ({ namespace, ...o }: Rendered): NativeObject => ({
  after: [],
  ...o,
  id: `${o.kind}/${namespace}/${o.name}`,
  scope: 'app',
  hash: contentHash(o.body),
})
