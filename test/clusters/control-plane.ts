// The command lines of a control plane's programs, by the recipes of envtest, kwokctl and hack/local-up-cluster.sh.
import { join } from 'node:path'
import { auditFlags } from './audit.ts'
import { writeWebhookConfig } from './kubeconfig.ts'
import { SERVICE_RANGE } from './network.ts'
import { etcdProgram, kubernetesProgram } from './paths.ts'
import type { Program } from './programs.ts'
import { credentials, launch, type Site } from './site.ts'

const OPEN_PATHS = '--authorization-always-allow-paths=/healthz,/readyz,/livez,/metrics'

export const startEtcd = (site: Site): Promise<Program> => {
  const { etcd, etcdPeer } = site.slot.ports
  const client = `http://127.0.0.1:${etcd}`
  const peer = `http://127.0.0.1:${etcdPeer}`
  return launch(site, 'etcd', [
    etcdProgram(),
    '--name=n1',
    `--data-dir=${join(site.slot.folder, 'etcd')}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=n1=${peer}`,
    '--unsafe-no-fsync',
    '--auto-compaction-mode=periodic',
    '--auto-compaction-retention=1h',
    '--quota-backend-bytes=4294967296',
    '--log-level=warn',
  ])
}

export const startApiserver = async (site: Site): Promise<Program> => {
  const { options, slot } = site
  const webhook =
    options.webhookToken === undefined
      ? []
      : [
          `--authentication-token-webhook-config-file=${await writeWebhookConfig(join(slot.folder, 'webhook.kubeconfig'), options.webhookToken)}`,
          '--authentication-token-webhook-version=v1',
          '--authentication-token-webhook-cache-ttl=1s',
        ]
  return launch(site, 'kube-apiserver', [
    kubernetesProgram(site.minor, 'kube-apiserver'),
    ...addressFlags(site),
    ...trustFlags(site),
    '--authorization-mode=Node,RBAC',
    '--allow-privileged=true',
    '--kubelet-preferred-address-types=InternalIP,Hostname',
    '--profiling=false',
    ...webhook,
    ...(await auditFlags(slot.folder, options.audit)),
    ...(options.flags?.apiserver ?? []),
  ])
}

/** A loopback address cannot be a Service's endpoint, so there the Service `kubernetes` stays without. */
const addressFlags = ({ host, slot, options }: Site): readonly string[] => [
  `--etcd-servers=http://127.0.0.1:${slot.ports.etcd}`,
  `--bind-address=${host}`,
  `--secure-port=${slot.ports.apiserver}`,
  `--service-cluster-ip-range=${SERVICE_RANGE}`,
  ...(options.network === 'namespace'
    ? [`--advertise-address=${host}`, '--enable-aggregator-routing=true']
    : ['--endpoint-reconciler-type=none']),
]

const trustFlags = ({ keys, slot }: Site): readonly string[] => [
  `--cert-dir=${slot.folder}`,
  `--tls-cert-file=${keys.server.certificate}`,
  `--tls-private-key-file=${keys.server.key}`,
  `--client-ca-file=${keys.authority.certificate}`,
  '--service-account-issuer=https://kubernetes.default.svc',
  `--service-account-key-file=${keys.tokens.publicKey}`,
  `--service-account-signing-key-file=${keys.tokens.key}`,
  `--kubelet-client-certificate=${keys.kubeletClient.certificate}`,
  `--kubelet-client-key=${keys.kubeletClient.key}`,
  `--requestheader-client-ca-file=${keys.frontProxyAuthority.certificate}`,
  '--requestheader-allowed-names=front-proxy',
  '--requestheader-extra-headers-prefix=X-Remote-Extra-',
  '--requestheader-group-headers=X-Remote-Group',
  '--requestheader-username-headers=X-Remote-User',
  `--proxy-client-cert-file=${keys.frontProxy.certificate}`,
  `--proxy-client-key-file=${keys.frontProxy.key}`,
]

const FAST_CONTROLLERS = [
  '--kube-api-qps=2000',
  '--kube-api-burst=4000',
  '--concurrent-deployment-syncs=50',
  '--concurrent-replicaset-syncs=50',
]

export const startControllerManager = async (site: Site): Promise<Program> => {
  const { keys, options } = site
  const user = 'system:kube-controller-manager'
  const kubeconfig = await credentials(site, { name: 'controller-manager', commonName: user })
  return launch(site, 'kube-controller-manager', [
    kubernetesProgram(site.minor, 'kube-controller-manager'),
    ...servingFlags(site, kubeconfig, site.slot.ports.controllerManager),
    `--service-account-private-key-file=${keys.tokens.key}`,
    `--root-ca-file=${keys.authority.certificate}`,
    '--use-service-account-credentials=true',
    `--cluster-signing-cert-file=${keys.authority.certificate}`,
    `--cluster-signing-key-file=${keys.authority.key}`,
    '--enable-hostpath-provisioner=true',
    `--flex-volume-plugin-dir=${join(site.slot.folder, 'volume-plugins')}`,
    ...(options.fast === true ? FAST_CONTROLLERS : ['--kube-api-qps=100', '--kube-api-burst=200']),
    ...(options.flags?.controllerManager ?? []),
  ])
}

export const startScheduler = async (site: Site): Promise<Program> => {
  const { options } = site
  const kubeconfig = await credentials(site, { name: 'scheduler', commonName: 'system:kube-scheduler' })
  return launch(site, 'kube-scheduler', [
    kubernetesProgram(site.minor, 'kube-scheduler'),
    ...servingFlags(site, kubeconfig, site.slot.ports.scheduler),
    ...(options.fast === true ? ['--kube-api-qps=2000', '--kube-api-burst=4000'] : []),
    ...(options.flags?.scheduler ?? []),
  ])
}

const servingFlags = ({ host, keys }: Site, kubeconfig: string, port: number): readonly string[] => [
  `--kubeconfig=${kubeconfig}`,
  `--authentication-kubeconfig=${kubeconfig}`,
  `--authorization-kubeconfig=${kubeconfig}`,
  '--leader-elect=false',
  `--bind-address=${host}`,
  `--secure-port=${port}`,
  `--tls-cert-file=${keys.server.certificate}`,
  `--tls-private-key-file=${keys.server.key}`,
  OPEN_PATHS,
  '--profiling=false',
]
