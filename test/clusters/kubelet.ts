// The programs of a real node: kubelet, kube-proxy, and CoreDNS as a process of the node.
import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { inNamespace } from './network.ts'
import { corednsProgram, kubernetesProgram } from './paths.ts'
import type { Program } from './programs.ts'
import { POD_RANGE, runtimeSocket } from './runtime.ts'
import { credentials, launch, type Site } from './site.ts'

const run = promisify(execFile)

export const CLUSTER_DNS = '10.96.0.10'

/** What the kernel must allow before: forwarding in the namespace, and more watchers than the machine's default. */
export const prepareKernel = async (site: Site): Promise<void> => {
  const [program, ...args] = inNamespace(site.slot.label)
  const settings = ['net.ipv4.ip_forward=1', 'net.bridge.bridge-nf-call-iptables=1']
  await run(program, [...args, 'sysctl', '-q', '-w', ...settings])
  const instances = '/proc/sys/fs/inotify/max_user_instances'
  if (Number(await readFile(instances, 'utf8')) < 1024) await writeFile(instances, '1024')
}

export const startKubelet = async (site: Site, nodeName: string): Promise<Program> => {
  const { folder, address } = site.slot
  const root = join(folder, 'kubelet')
  await mkdir(root)
  // Volumes mounted by the kubelet must be seen by the runtime, also where the machine's mounts are private.
  await run('mount', ['--bind', root, root])
  await run('mount', ['--make-rshared', root])
  await writeFile(join(folder, 'resolv.conf'), `nameserver ${CLUSTER_DNS}\n`)
  const config = join(folder, 'kubelet.json')
  await writeFile(config, JSON.stringify(kubeletConfig(site)))
  const kubeconfig = await credentials(site, {
    name: 'kubelet',
    commonName: `system:node:${nodeName}`,
    organizations: ['system:nodes'],
  })
  return launch(site, 'kubelet', [
    kubernetesProgram('1.36', 'kubelet'),
    `--config=${config}`,
    `--kubeconfig=${kubeconfig}`,
    `--hostname-override=${nodeName}`,
    `--root-dir=${root}`,
    `--cert-dir=${join(folder, 'kubelet-keys')}`,
    `--node-ip=${address}`,
  ])
}

const kubeletConfig = (site: Site): Record<string, unknown> => ({
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  address: site.slot.address,
  authentication: {
    anonymous: { enabled: false },
    x509: { clientCAFile: site.keys.authority.certificate },
    webhook: { enabled: true },
  },
  authorization: { mode: 'Webhook' },
  cgroupDriver: 'cgroupfs',
  cgroupRoot: `/${site.slot.label}`,
  cgroupsPerQOS: true,
  enforceNodeAllocatable: [],
  failCgroupV1: false,
  failSwapOn: false,
  containerRuntimeEndpoint: `unix://${runtimeSocket(site)}`,
  clusterDNS: [CLUSTER_DNS],
  clusterDomain: 'cluster.local',
  resolvConf: join(site.slot.folder, 'resolv.conf'),
  evictionHard: { 'memory.available': '50Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' },
  imageGCHighThresholdPercent: 100,
  maxPods: 60,
  oomScoreAdj: 0,
  podLogsDir: join(site.slot.folder, 'pod-logs'),
  volumePluginDir: join(site.slot.folder, 'volume-plugins'),
})

export const startProxy = async (site: Site, nodeName: string): Promise<Program> => {
  const kubeconfig = await credentials(site, { name: 'kube-proxy', commonName: 'system:kube-proxy' })
  const config = join(site.slot.folder, 'kube-proxy.json')
  const content = {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    clientConnection: { kubeconfig },
    mode: 'iptables',
    clusterCIDR: POD_RANGE,
    hostnameOverride: nodeName,
    oomScoreAdj: 0,
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
  }
  await writeFile(config, JSON.stringify(content))
  return launch(site, 'kube-proxy', [kubernetesProgram('1.36', 'kube-proxy'), `--config=${config}`])
}

export const startDns = async (site: Site): Promise<Program> => {
  const request = { name: 'coredns', commonName: 'coredns', organizations: ['system:masters'] }
  const kubeconfig = await credentials(site, request)
  const corefile = join(site.slot.folder, 'Corefile')
  await writeFile(corefile, corefileText(site.slot.address, kubeconfig))
  return launch(site, 'coredns', [corednsProgram(), '-conf', corefile])
}

const corefileText = (address: string, kubeconfig: string): string => `.:53 {
  bind ${address}
  errors
  kubernetes cluster.local in-addr.arpa ip6.arpa {
    kubeconfig ${kubeconfig}
    ttl 5
  }
}
`
