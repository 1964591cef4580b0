// Which secret values are still needed: by objects, by replicas, by a spec that may come back, and by the releases that a
// rollback restores, also one after a release that was taken back: the current one and the two healthy ones before it.

import type { Head } from '../../../core/model/release.ts'
import { reviveSecrets } from '../../../core/model/release-json.ts'
import { collectSecrets } from '../../../core/model/secret-walk.ts'
import type { Kit } from './kit.ts'
import type { AppKey } from './store.ts'

export const retainSecrets = (key: AppKey, kit: Kit): void => {
  const { store } = kit.ledger
  const head = store.head(key)
  const numbers = head === null ? [] : restorable(head)
  const holders: readonly unknown[] = [
    ...kit.ledger.objectsOf(key).map((o) => o.body),
    ...kit.ledger.worksOf(key).flatMap((w) => [w.spec?.body, w.stable?.body]),
    ...kit.ledger
      .allocs()
      .filter((a) => a.target === key.target && a.app === key.app)
      .map((a) => a.spec.body),
    ...numbers.map((number) => reviveSecrets(store.release({ ...key, number }))),
  ]
  kit.secrets.retain(key, new Set(holders.flatMap((holder) => collectSecrets(holder).map((secret) => secret.ref))))
}

const restorable = ({ current, releases }: Head): readonly number[] => {
  const healthy = releases.filter((r) => r.healthy && r.number !== current).map((r) => r.number)
  return [...(current === null ? [] : [current]), ...healthy.slice(-2)]
}

/** Nothing of the app but its data is left here: its key and values go, too. */
export const forgetApp = (key: AppKey, kit: Kit): void => {
  const left = kit.ledger.objectsOf(key).filter((o) => o.guard === 'none').length + kit.ledger.worksOf(key).length
  if (left === 0 && kit.ledger.store.head(key) === null) kit.secrets.removeApp(key)
}
