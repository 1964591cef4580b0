// What a test asks of a real Kubernetes control plane and what it gets: the contract of this folder.
import type { Minor } from './paths.ts'

export interface TestNode {
  readonly name: string
  /** Kubernetes quantities: '4', '500m', '16Gi'. */
  readonly cpu: string
  readonly memory: string
  readonly gpus?: GpuShape
  readonly labels?: Readonly<Record<string, string>>
  readonly taints?: readonly NodeTaint[]
  readonly zone?: string
  readonly pods?: number
}

/** What a GPU node reports: the device plugin's count and the labels of GPU feature discovery. */
export interface GpuShape {
  readonly count: number
  /** Default: nvidia.com/gpu. */
  readonly resource?: string
  /** As feature discovery writes it: 'NVIDIA-L4'. */
  readonly product?: string
  readonly memoryMib?: number
}

export interface NodeTaint {
  readonly key: string
  readonly value?: string
  readonly effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute'
}

export interface PlaneOptions {
  readonly name: string
  /** Default: 1.36. */
  readonly minor?: Minor
  /** Simulated by kwok. */
  readonly nodes?: readonly TestNode[]
  /** A namespace of its own can be cut off; loopback is plainer. Default: loopback. */
  readonly network?: 'loopback' | 'namespace'
  /** Controllers without brakes, for benches. */
  readonly fast?: boolean
  /** metrics.k8s.io by the real metrics-server; usage is there some 40 seconds after a pod is. */
  readonly metrics?: boolean
  /** Services of type LoadBalancer get an address from a stand-in for the cloud's controller. */
  readonly loadBalancer?: boolean
  /** Address of a token review webhook. A plane in a namespace reaches the machine at `Plane.gateway`. */
  readonly webhookToken?: string
  /** Users whose requests the API server itself writes down: see `requestsOf`. */
  readonly audit?: readonly string[]
  /** Further flags of single programs, for fault tests. */
  readonly flags?: Readonly<
    Partial<Record<'apiserver' | 'controllerManager' | 'scheduler' | 'kwok', readonly string[]>>
  >
}

export interface KubeUser {
  readonly user: string
  readonly groups?: readonly string[]
  readonly namespace?: string
}

export interface Plane {
  readonly name: string
  /** https://… */
  readonly server: string
  /** PEM. */
  readonly ca: string
  /** Path of the administrator's kubeconfig; its context is named after the plane. */
  readonly kubeconfig: string
  /** v1.36.3 */
  readonly version: string
  /** The plane's own folder: logs of every program lie in it. */
  readonly folder: string
  /** The machine's address as the plane sees it: 127.0.0.1 on loopback. */
  readonly gateway: string
  /** Requests as the administrator. */
  readonly api: PlaneApi
  /** Path of a kubeconfig with a client certificate for this user: RBAC decides what it may do. */
  kubeconfigFor(user: KubeUser): Promise<string>
  addNode(node: TestNode): Promise<void>
  removeNode(name: string): Promise<void>
  /** Stops the API server where it stands (SIGSTOP): connections stay open and nothing answers. */
  freeze(): void
  thaw(): void
  /** Ends etcd without notice; `startEtcd` brings it back on the same data. */
  killEtcd(): Promise<void>
  startEtcd(): Promise<void>
  /** Drops every packet between the plane and the machine; needs network 'namespace'. */
  cut(): Promise<void>
  heal(): Promise<void>
  /** Ends everything and removes every trace. */
  stop(): Promise<void>
}

export interface PlaneApi {
  /** Parsed JSON (text where the answer is no JSON); rejects with PlaneApiError when the status is no 2xx. */
  request<T = unknown>(method: string, path: string, body?: unknown): Promise<T>
  close(): void
}

/** The plane whose one node is a real kubelet: pods run, are probed, logged and exec'd into. */
export interface KubeletPlane extends Plane {
  readonly registry: ImageRegistry
  /** Where node ports are reached from the machine. */
  readonly nodeIp: string
  readonly nodeName: string
}

export interface ImageRegistry {
  /** 127.0.0.1:PORT: on the machine and inside the plane the same registry. */
  readonly address: string
  /** Puts an image of one layer there; resolves to its reference, and the same by digest. */
  push(image: ImageSource): Promise<{ readonly reference: string; readonly digest: string }>
}

export interface ImageSource {
  /** name:tag */
  readonly name: string
  /** The root file system as a tar. */
  readonly layer: Buffer
  readonly entrypoint?: readonly string[]
  readonly cmd?: readonly string[]
  readonly env?: readonly string[]
  readonly user?: string
  readonly workingDir?: string
}
