// The harness with which the fake cluster passes the conformance suite.
import type { Harness } from '../../../providers/conformance/harness.ts'
import { createFakeProvider, fakeTarget, startFakeCluster } from './index.ts'
import type { StoredObject } from './server/store.ts'

export const fakeHarness = async (): Promise<Harness> => {
  const cluster = await startFakeCluster()
  const find = (id: string): StoredObject | undefined => {
    const [kind = '', namespace = '', name = ''] = id.split('/')
    return cluster.store.get(kind, namespace, name)
  }
  const target = fakeTarget('east', cluster.url)
  return {
    provider: createFakeProvider(),
    target,
    otherTarget: fakeTarget('west', cluster.url),
    unreachable: fakeTarget('gone', 'http://127.0.0.1:1'),
    shape: (service) => ({ ...service, image: 'fake/printer:1' }),
    argv: { exit: (code) => ['exit', String(code)], print: (text) => ['echo', text], wait: ['wait'] },
    makeForeign: async (object) => {
      const [kind = '', namespace = '', name = ''] = object.id.split('/')
      const theirs = {
        kind,
        namespace,
        name,
        labels: {},
        annotations: {},
        spec: { replicas: 0, image: 'theirs' },
        managers: { replicas: 'kubectl', image: 'kubectl' },
      }
      const version = cluster.store.put(theirs, 0)?.resourceVersion
      return {
        intact: async () =>
          cluster.store.get(kind, namespace, name)?.spec['image'] === 'theirs' && version !== undefined,
        remove: async () => void cluster.store.delete(kind, namespace, name),
      }
    },
    makePartial: async () => {
      const restore = cluster.faults.plan({ fault: { kind: 'partialList' } })
      return async () => restore()
    },
    drift: async (object) => {
      const live = find(object.id)
      if (live === undefined) throw new Error(`${object.id} is not there`)
      cluster.store.put(
        {
          ...live,
          spec: { ...live.spec, image: 'somebody/else:2' },
          managers: { ...live.managers, image: 'kubectl-edit' },
        },
        null,
      )
      return 'image'
    },
    dropNextApply: async () =>
      void cluster.faults.plan({ fault: { kind: 'dropAfterCommit' }, method: 'PATCH', times: 1 }),
    cleanup: () => cluster.close(),
  }
}
