// The real metrics-server beside a plane: usage of simulated pods comes from their annotations (kwok.x-k8s.io/usage-cpu,
// kwok.x-k8s.io/usage-memory), that of real pods from their kubelet.
import { answers } from './controls.ts'
import { metricsServerProgram } from './paths.ts'
import { awaitReady } from './programs.ts'
import { credentials, launch, type Site } from './site.ts'
import type { PlaneApi } from './types.ts'

const NAME = 'metrics-server'
const GROUP = 'metrics.k8s.io'

export const startMetrics = async (site: Site, api: PlaneApi): Promise<void> => {
  const { host, keys, slot } = site
  const kubeconfig = await credentials(site, { name: NAME, commonName: NAME, organizations: ['system:masters'] })
  const program = await launch(site, NAME, [
    metricsServerProgram(),
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    '--kubelet-insecure-tls',
    '--kubelet-use-node-status-port',
    '--kubelet-preferred-address-types=InternalIP',
    '--metric-resolution=10s',
    '--kubelet-request-timeout=5s',
    `--bind-address=${host}`,
    `--secure-port=${slot.ports.metrics}`,
    `--tls-cert-file=${keys.server.certificate}`,
    `--tls-private-key-file=${keys.server.key}`,
  ])
  await addService(site, api)
  await api.request('POST', '/apis/apiregistration.k8s.io/v1/apiservices', apiService(slot.ports.metrics))
  await awaitReady(program, NAME, () => answers(api, `/apis/${GROUP}/v1beta1`))
}

/** A loopback address cannot be an endpoint, so there the Service is only a name for the machine itself. */
const addService = async (site: Site, api: PlaneApi): Promise<void> => {
  const ports = [{ name: 'https', port: site.slot.ports.metrics, protocol: 'TCP' }]
  const isolated = site.options.network === 'namespace'
  await api.request('POST', '/api/v1/namespaces/kube-system/services', {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: NAME },
    spec: isolated ? { ports } : { type: 'ExternalName', externalName: 'localhost', ports },
  })
  if (!isolated) return
  await api.request('POST', '/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices', {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `${NAME}-machine`, labels: { 'kubernetes.io/service-name': NAME } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [site.host], conditions: { ready: true } }],
    ports,
  })
}

const apiService = (port: number): Record<string, unknown> => ({
  apiVersion: 'apiregistration.k8s.io/v1',
  kind: 'APIService',
  metadata: { name: `v1beta1.${GROUP}` },
  spec: {
    group: GROUP,
    version: 'v1beta1',
    groupPriorityMinimum: 100,
    versionPriority: 100,
    insecureSkipTLSVerify: true,
    service: { namespace: 'kube-system', name: NAME, port },
  },
})
