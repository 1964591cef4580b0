// What is known of a cluster when objects are rendered: observed by the client, else taken from the target's `assume:`,
// else the published defaults of its kind. Everything that decides about objects is in here, so that rendering is pure.
import type { Target } from '../../core/model/fleet.ts'
import type { ImageFacts } from '../../core/model/native-object.ts'
import type { TargetFacts } from '../../core/model/replica.ts'

export type PodSecurityLevel = 'restricted' | 'baseline' | 'privileged'

export interface KubernetesFacts {
  /** Served group versions: 'gateway.networking.k8s.io/v1'. */
  readonly apis: readonly string[]
  readonly defaultStorageClass: string | null
  /** Classes whose volumes several nodes can mount (ReadWriteMany). */
  readonly sharedStorageClasses: readonly string[]
  readonly ingressClasses: readonly { readonly name: string; readonly isDefault: boolean }[]
  /** 'namespace/name' of the Gateways that take routes of other namespaces. */
  readonly gateways: readonly string[]
  /** null: not known. */
  readonly loadBalancer: boolean | null
  /** Whether the CNI enforces NetworkPolicy; null: not known. */
  readonly networkPolicy: boolean | null
  /** Level that the namespace enforces by a label which is not ours; null: none. */
  readonly podSecurity: PodSecurityLevel | null
  readonly gpus: readonly GpuNodeFacts[]
  /** Image reference as rendered → what its configuration says. */
  readonly images: Readonly<Record<string, ImageFacts>>
}

/** One kind of GPU node, as its labels tell (GPU feature discovery) or as the pool declares. */
export interface GpuNodeFacts {
  /** 'nvidia.com/gpu' */
  readonly resource: string
  /** Normalised model (core/model/gpu.ts). */
  readonly model: string
  readonly memoryBytes: number
  /** Labels that tell these nodes from others: { 'nvidia.com/gpu.product': 'NVIDIA-L4' }. */
  readonly labels: Readonly<Record<string, string>>
  /** 'key=value:NoSchedule' */
  readonly taints: readonly string[]
}

const EMPTY: KubernetesFacts = {
  apis: [],
  defaultStorageClass: null,
  sharedStorageClasses: [],
  ingressClasses: [],
  gateways: [],
  loadBalancer: null,
  networkPolicy: null,
  podSecurity: null,
  gpus: [],
  images: {},
}

/** How the client puts what it saw into TargetFacts. */
export const kubernetesExtra = (facts: Partial<KubernetesFacts>): TargetFacts['extra'] => ({
  kubernetes: { ...EMPTY, ...facts },
})

export const readKubernetesFacts = (facts: TargetFacts): KubernetesFacts => {
  const found = facts.extra['kubernetes']
  return typeof found === 'object' && found !== null ? { ...EMPTY, ...found } : EMPTY
}

export const ASSUMED_VERSION = '1.36'

const PUBLISHED: Readonly<Record<string, Partial<KubernetesFacts>>> = {
  eks: { loadBalancer: true, defaultStorageClass: 'gp3' },
  aks: { loadBalancer: true, defaultStorageClass: 'default', sharedStorageClasses: ['azurefile', 'azurefile-csi'] },
}

/** Every key of `assume:` that names a fact replaces the published default. */
export const assumedFacts = (target: Target): TargetFacts => {
  const written = target.settings['assume']
  const assume: Readonly<Record<string, unknown>> =
    typeof written === 'object' && written !== null ? Object.fromEntries(Object.entries(written)) : {}
  const strings = (key: string, fallback: readonly string[]): readonly string[] => {
    const value = assume[key]
    return Array.isArray(value) ? value.map(String) : typeof value === 'string' ? [value] : fallback
  }
  return {
    version: strings('version', [ASSUMED_VERSION])[0] ?? ASSUMED_VERSION,
    arch: strings('arch', ['amd64']),
    os: strings('os', ['linux']),
    driver: null,
    assumed: true,
    extra: kubernetesExtra({ ...PUBLISHED[target.provider], ...assumedKeys(assume, strings) }),
  }
}

const assumedKeys = (
  assume: Readonly<Record<string, unknown>>,
  strings: (key: string, fallback: readonly string[]) => readonly string[],
): Partial<KubernetesFacts> => ({
  ...(assume['storageClass'] === undefined ? {} : { defaultStorageClass: String(assume['storageClass']) }),
  ...(assume['sharedStorageClasses'] === undefined
    ? {}
    : { sharedStorageClasses: strings('sharedStorageClasses', []) }),
  ...(assume['ingressClasses'] === undefined
    ? {}
    : { ingressClasses: strings('ingressClasses', []).map((name, i) => ({ name, isDefault: i === 0 })) }),
  ...(assume['gateways'] === undefined ? {} : { gateways: strings('gateways', []) }),
  ...(typeof assume['loadBalancer'] === 'boolean' ? { loadBalancer: assume['loadBalancer'] } : {}),
  ...(typeof assume['networkPolicy'] === 'boolean' ? { networkPolicy: assume['networkPolicy'] } : {}),
})

/** '1.36' or 'v1.36.3' → 36; an unknown version counts as the assumed one. */
export const minorOf = (version: string | null): number => {
  const match = /^v?1\.(\d+)/.exec(version ?? ASSUMED_VERSION)
  return match === null ? 36 : Number(match[1])
}
