// Attributes that older files write as extensions: x-develop is develop, x-initialSync is initial_sync.
import type { Findings } from './findings.ts'
import { type MergePlace, merge } from './merge.ts'
import { clone, isNull, type MapNode, mapAt, type Node } from './node.ts'
import type { ResetPath } from './resets.ts'

export const promoteAliases = (root: Node, findings: Findings): void => {
  const services = mapAt(root, 'services')
  for (const [name, service] of services?.entries ?? []) {
    if (service.kind !== 'map') continue
    promote(service, DEVELOP, { path: ['services', name, 'develop'], findings })
    const watch = mapAt(service, 'develop')?.entries.get('watch')
    if (watch?.kind !== 'list') continue
    for (const item of watch.items) {
      if (item.kind === 'map')
        promote(item, INITIAL_SYNC, { path: ['services', name, 'develop', 'watch', '[]', 'initial_sync'], findings })
    }
  }
}

interface Alias {
  readonly from: string
  readonly to: string
}

const DEVELOP: Alias = { from: 'x-develop', to: 'develop' }
const INITIAL_SYNC: Alias = { from: 'x-initialSync', to: 'initial_sync' }

const promote = (node: MapNode, { from, to }: Alias, place: MergePlace): void => {
  const extension = node.entries.get(from)
  if (extension === undefined) return
  node.entries.delete(from)
  const own = node.entries.get(to)
  node.entries.set(to, own === undefined || isNull(own) ? extension : merge(clone(extension), own, place))
}

/** A reset of the older form also resets what earlier files hold under the newer one. */
export const withAliases = (resets: readonly ResetPath[]): readonly ResetPath[] =>
  resets.flatMap((trail) => {
    const renamed = trail.map((part, i) =>
      trail[0] === 'services' && i === 2 && part === 'x-develop' ? 'develop' : part,
    )
    return renamed.join('.') === trail.join('.') ? [trail] : [trail, renamed]
  })
