import { describe, expect, it } from 'vitest'
import { Secret } from '../../../core/model/secret.ts'
import { at, bodyOf, rendered } from '../../../test/builders/kubernetes.ts'

const CONTAINER = 'spec.template.spec.containers.0'
const web = (lines: string): string => `services:\n  web:\n    image: web:1\n    ${lines.replaceAll('\n', '\n    ')}\n`

describe('files and volumes', () => {
  it('are immutable objects by content, mounted over their own path', () => {
    const compose = (content: string) =>
      `${web('configs: [{ source: conf, target: /etc/web.conf, mode: 0440 }]\nsecrets: [token]')}
configs: { conf: { content: ${content} } }
secrets: { token: { file: token.txt } }
`
    const files = { 'app/token.txt': 'sesame' }
    const objects = rendered(compose('a'), { files })
    expect(bodyOf(objects, 'ConfigMap/config-conf')).toMatchObject({ immutable: true, data: { file: 'a' } })
    expect(bodyOf(objects, 'Secret/secret-token')).toMatchObject({ immutable: true })
    expect(at(bodyOf(objects, 'Deployment/web'), `${CONTAINER}.volumeMounts`)).toEqual([
      { name: 'files', mountPath: '/etc/web.conf', subPath: 'configs/0', readOnly: true },
      { name: 'files', mountPath: '/run/secrets/token', subPath: 'secrets/0', readOnly: true },
    ])
    const name = (o: readonly { name: string; kind: string }[]) => o.find((x) => x.kind === 'ConfigMap')?.name
    expect(name(rendered(compose('b'), { files }))).not.toBe(name(objects))
  })

  it('carry small files of the project that are bound, and nothing else of this machine', () => {
    const compose = web('volumes: ["./nginx.conf:/etc/nginx.conf:ro", "/srv/data:/data"]')
    const binds = {
      '/ROOT/app/nginx.conf': {
        kind: 'files',
        files: [{ path: '', content: new Secret('binds.nginx', 'worker 1;', 'cc') }],
      },
    } as const
    const objects = rendered(compose, { app: { binds } })
    expect(bodyOf(objects, 'Secret/bind-nginx-conf')).toMatchObject({
      stringData: { 'file-0': { name: 'binds.nginx' } },
    })
    const body = bodyOf(objects, 'Deployment/web')
    expect(at(body, `${CONTAINER}.volumeMounts`)).toEqual([
      { name: 'bind-0', mountPath: '/etc/nginx.conf', subPath: 'file', readOnly: true },
    ])
  })

  it('claim storage once, as data that is never pruned', () => {
    const objects = rendered(
      `${web('volumes: ["data:/d"]')}volumes: { data: { x-stormport: { size: 20GiB, class: ssd } } }`,
    )
    expect(objects.find((o) => o.kind === 'PersistentVolumeClaim')).toMatchObject({ name: 'data', guard: 'data' })
    expect(at(bodyOf(objects, 'PersistentVolumeClaim/data'), 'spec')).toEqual({
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '20Gi' } },
      storageClassName: 'ssd',
    })
  })
})

describe('security', () => {
  const contextOf = (lines: string, facts = {}) => {
    const objects = rendered(web(lines), { facts })
    const spec = at(bodyOf(objects, 'Deployment/web'), 'spec.template.spec')
    const level = at(bodyOf(objects, 'Namespace/shop'), 'metadata.labels')
    return {
      pod: at(spec, 'securityContext'),
      own: at(spec, 'containers.0.securityContext'),
      level: Object(level)['pod-security.kubernetes.io/enforce'],
    }
  }

  it('keeps what a root image needs and says baseline', () => {
    expect(contextOf('')).toEqual({
      pod: { seccompProfile: { type: 'RuntimeDefault' } },
      own: { allowPrivilegeEscalation: false },
      level: 'baseline',
    })
  })

  it("is restricted by the image's own user", () => {
    const { own, level } = contextOf('', { images: { 'web:1': { user: '65532' } } })
    expect(own).toMatchObject({ runAsNonRoot: true, capabilities: { drop: ['ALL'] } })
    expect(level).toBe('restricted')
  })

  it('gives the node away only where that is allowed', () => {
    expect(contextOf('privileged: true').own).not.toHaveProperty('privileged')
    const allowed = contextOf('privileged: true\nx-stormport: { allow: [privileged] }')
    expect(allowed).toMatchObject({ own: { privileged: true }, level: 'privileged' })
  })

  it('adds capabilities and lets them be gained', () => {
    expect(contextOf('user: "1000"\ncap_add: [CAP_NET_ADMIN]')).toMatchObject({
      own: { capabilities: { add: ['NET_ADMIN'], drop: ['ALL'] } },
      level: 'privileged',
    })
  })
})

describe('spot machines of AKS', () => {
  const tolerations = (lines: string, provider: 'aks' | 'eks') =>
    at(bodyOf(rendered(web(lines), { target: { provider } }), 'Deployment/web'), 'spec.template.spec.tolerations')

  it('are tolerated by services that may be evicted, and by no others', () => {
    const spot = 'x-stormport: { capacity: [spot, on-demand] }'
    expect(tolerations(spot, 'aks')).toEqual([
      { key: 'kubernetes.azure.com/scalesetpriority', operator: 'Equal', value: 'spot', effect: 'NoSchedule' },
    ])
    expect(tolerations('', 'aks')).toBeUndefined()
    expect(tolerations(spot, 'eks')).toBeUndefined()
  })
})

describe('GPUs', () => {
  const lines = 'x-stormport: { gpu: { models: [l4], memory: ">=24GiB", count: 2 } }'
  const known = {
    resource: 'nvidia.com/gpu',
    model: 'l4',
    memoryBytes: 24 * 2 ** 30,
    labels: { 'nvidia.com/gpu.product': 'NVIDIA-L4' },
    taints: ['dedicated=gpu:NoSchedule'],
  }

  it('are a limit, on nodes with such cards, tolerating their taints', () => {
    const spec = at(bodyOf(rendered(web(lines), { facts: { gpus: [known] } }), 'Deployment/web'), 'spec.template.spec')
    expect(at(spec, 'containers.0.resources.limits')).toEqual({ 'nvidia.com/gpu': '2' })
    expect(at(spec, 'tolerations')).toEqual([
      { key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' },
      { key: 'dedicated', operator: 'Equal', value: 'gpu', effect: 'NoSchedule' },
    ])
    expect(at(spec, 'affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms')).toEqual([
      {
        matchExpressions: [
          { key: 'nvidia.com/gpu.product', operator: 'In', values: ['NVIDIA-L4'] },
          { key: 'nvidia.com/gpu.sharing-strategy', operator: 'NotIn', values: ['mps', 'time-slicing'] },
        ],
      },
    ])
  })

  it('go by the labels of feature discovery where no node has been seen', () => {
    const body = bodyOf(rendered(web(lines)), 'Deployment/web')
    const [term] = Object(
      at(
        body,
        'spec.template.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms',
      ),
    )
    expect(term).toMatchObject({
      matchExpressions: [
        { key: 'nvidia.com/gpu.product', values: ['NVIDIA-L4'] },
        { key: 'nvidia.com/gpu.memory', operator: 'Gt', values: ['22118'] },
        {},
      ],
    })
  })

  it('are a claim on request', () => {
    const dra = 'x-stormport: { gpu: { models: [l4], count: 1, dra: true } }'
    const objects = rendered(web(dra))
    expect(at(bodyOf(objects, 'ResourceClaimTemplate/web-gpu'), 'spec.spec.devices.requests')).toMatchObject([
      { name: 'gpu', exactly: { deviceClassName: 'gpu.nvidia.com', count: 1 } },
    ])
    const spec = at(bodyOf(objects, 'Deployment/web'), 'spec.template.spec')
    expect(spec).toMatchObject({ resourceClaims: [{ name: 'gpu', resourceClaimTemplateName: 'web-gpu' }] })
    expect(at(spec, 'containers.0.resources.claims')).toEqual([{ name: 'gpu' }])
  })
})
