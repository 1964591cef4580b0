// Where the programs of real clusters lie: made by .ci/setup-kube.sh, outside the repository, keyed by version.
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

export type Minor = '1.36' | '1.34'

const RELEASES: Readonly<Record<Minor, string>> = { '1.36': '1.36.3', '1.34': '1.34.4' }
const ETCD = '3.6.13'
const KWOK = '0.8.0'
const COREDNS = '1.15.0'
const METRICS_SERVER = '0.9.0'

export const PAUSE_IMAGE = 'stormport.test/pause:1'
export const CNI_FOLDER = '/usr/lib/cni'

/** As the API server calls itself: v1.36.3. */
export const releaseOf = (minor: Minor): string => `v${RELEASES[minor]}`

const cacheFolder = (): string =>
  join(process.env['STORMPORT_CACHE'] || join(process.env['HOME'] || homedir(), '.cache', 'stormport'), 'kube')

export const kubernetesProgram = (minor: Minor, name: string): string =>
  join(cacheFolder(), `kubernetes-v${RELEASES[minor]}`, name)

export const etcdProgram = (): string => join(cacheFolder(), `etcd-v${ETCD}`, 'etcd')
export const kwokProgram = (): string => join(cacheFolder(), `kwok-v${KWOK}`, 'kwok')
export const kwokStages = (): string => join(cacheFolder(), `kwok-v${KWOK}`, 'stages')
export const corednsProgram = (): string => join(cacheFolder(), `coredns-v${COREDNS}`, 'coredns')
export const metricsServerProgram = (): string =>
  join(cacheFolder(), `metrics-server-v${METRICS_SERVER}`, 'metrics-server')
export const pauseArchive = (): string => join(cacheFolder(), 'pause-1', 'pause.tar')
export const kubectlProgram = (): string => kubernetesProgram('1.36', 'kubectl')

/** null: planes of this minor can be started here; else what is missing, in words. */
export const missingForPlane = (minor: Minor): string | null =>
  missing([
    ...CONTROL_PLANE.map((name) => kubernetesProgram(minor, name)),
    etcdProgram(),
    kwokProgram(),
    join(kwokStages(), 'usage-from-annotation.yaml'),
    '/usr/bin/openssl',
  ])

export const missingForMetrics = (): string | null => missing([metricsServerProgram()])

/** The same for the plane whose node runs real containers. */
export const missingForKubelet = (): string | null =>
  missingForPlane('1.36') ??
  missing([
    kubernetesProgram('1.36', 'kubelet'),
    kubernetesProgram('1.36', 'kube-proxy'),
    corednsProgram(),
    pauseArchive(),
    join(CNI_FOLDER, 'bridge'),
    '/usr/bin/containerd',
    '/usr/bin/docker-registry',
    '/usr/sbin/conntrack',
  ])

const CONTROL_PLANE = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler']

const missing = (parts: readonly string[]): string | null => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'clusters are started as root on Linux only'
  const absent = parts.find((part) => !existsSync(part))
  return absent === undefined ? null : `${absent} is missing: run .ci/setup-kube.sh`
}
