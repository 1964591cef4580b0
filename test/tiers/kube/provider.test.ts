// The Kubernetes provider keeps the provider contract on real control planes of both minors, through its real client.
import { describeProvider, type Harness } from '../../../providers/conformance.ts'
import { createKubernetesProvider } from '../../../providers/kubernetes/index.ts'
import { target } from '../../builders/app.ts'
import { type Minor, startPlane } from '../../clusters/index.ts'

const NODES = [1, 2].map((n) => ({ name: `node-${n}`, cpu: '16', memory: '32Gi', pods: 200 }))

const make = async (minor: Minor): Promise<Harness> => {
  const plane = await startPlane({ name: `provider-${minor}`, minor, nodes: NODES })
  const at = (name: string, settings: Readonly<Record<string, unknown>>) =>
    target(name, { provider: 'kubernetes', here: false, settings })
  const provider = createKubernetesProvider({ env: process.env, askPlugin: null })
  return {
    provider,
    target: at('one', { kubeconfig: plane.kubeconfig }),
    shape: (service) => ({ ...service, image: 'registry.example/printer:1', ports: [], command: ['printer'] }),
    argv: { exit: (code) => ['exit', String(code)], print: (text) => ['echo', text], wait: ['sleep', '3600'] },
    makeForeign: async (object) => {
      const body = object.body as { readonly apiVersion: string; readonly metadata: { readonly namespace: string } }
      const { namespace } = body.metadata
      const made = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }
      await plane.api.request('POST', '/api/v1/namespaces', made)
      return { intact: async () => true, remove: async () => undefined }
    },
    readyWithinMs: 30_000,
    cleanup: () => plane.stop(),
  }
}

describeProvider('kubernetes 1.36', () => make('1.36'))
