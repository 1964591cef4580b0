// The harness with which the Kubernetes provider passes the conformance suite over the fake, through its real client.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NativeObject } from '../../../core/model/native-object.ts'
import type { Harness } from '../../../providers/conformance/harness.ts'
import { createKubernetesProvider } from '../../../providers/kubernetes/index.ts'
import { asObject, textAt } from '../../../providers/kubernetes/raw.ts'
import { target } from '../../builders/app.ts'
import { startFakeKubeApi } from './index.ts'
import { updateFields } from './ownership.ts'
import type { Place } from './store.ts'

export const fakeKubeHarness = async (): Promise<Harness> => {
  const api = await startFakeKubeApi()
  const folder = await mkdtemp(join(tmpdir(), 'fake-kube-'))
  const at = async (name: string, server: string) => {
    const kubeconfig = join(folder, name)
    await writeFile(kubeconfig, kubeconfigFor(server))
    return target(name, { provider: 'kubernetes', settings: { kubeconfig } })
  }
  const one = await at('one', api.url)
  return {
    provider: createKubernetesProvider({ env: {}, askPlugin: null }),
    target: one,
    otherTarget: { ...one, name: 'other', settings: { ...one.settings, namespace: 'elsewhere' } },
    unreachable: await at('gone', 'http://127.0.0.1:1'),
    shape: (service) => ({ ...service, image: 'fake/printer:1' }),
    argv: { exit: (code) => ['exit', String(code)], print: (text) => ['echo', text], wait: ['wait'] },
    makeForeign: async (object) => {
      const place = placeOf(object)
      const namespace = { group: '', plural: 'namespaces', namespace: '', name: place.namespace }
      const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: place.namespace } }
      api.store.put(namespace, updateFields(null, body, 'kubectl'))
      const { name } = place
      const theirs = {
        apiVersion: 'v1',
        kind: object.kind,
        metadata: { name, namespace: place.namespace },
        spec: { theirs: true },
      }
      const made = api.store.put(place, updateFields(null, theirs, 'kubectl'))
      return {
        intact: async () =>
          textAt(api.store.shown(place), 'metadata.resourceVersion') === textAt(made, 'metadata.resourceVersion'),
        remove: async () => {
          api.store.remove(place)
          api.store.remove(namespace)
        },
      }
    },
    makePartial: async () => {
      const restore = api.faults.plan({
        fault: { kind: 'status', status: 403 },
        method: 'GET',
        path: '/networkpolicies',
      })
      return async () => void restore()
    },
    drift: async (object) => {
      const place = placeOf(object)
      const live = api.store.get(place)
      if (live === null) throw new Error(`${object.id} is not there`)
      const next = { ...live.object, spec: { ...asObject(live.object['spec']), selector: { other: 'pods' } } }
      api.store.put(place, updateFields(live, next, 'kubectl-edit'))
      return 'spec.selector'
    },
    dropNextApply: async () => void api.faults.plan({ fault: { kind: 'dropAfterCommit' }, method: 'PATCH', times: 1 }),
    cleanup: async () => {
      await api.close()
      await rm(folder, { recursive: true })
    },
  }
}

/** The suite works on the first object of `web`: its Service. */
const placeOf = (object: NativeObject): Place => {
  if (object.kind !== 'Service') throw new Error(`the first object of web is now a ${object.kind}`)
  return {
    group: '',
    plural: 'services',
    namespace: textAt(object.body, 'metadata.namespace') ?? '',
    name: object.name,
  }
}

export const kubeconfigFor = (server: string): string =>
  JSON.stringify({
    clusters: [{ name: 'fake', cluster: { server } }],
    contexts: [{ name: 'fake', context: { cluster: 'fake', user: 'fake' } }],
    users: [{ name: 'fake', user: { token: 'token-of-the-fake' } }],
    'current-context': 'fake',
  })
