// Attributes that older files write as extensions: x-develop is develop, x-initialSync is initial_sync.
import { merge } from './merge.ts'
import { clone, isNull, type MapNode, mapAt, type Node } from './node.ts'
import type { ResetPath } from './yaml-read.ts'

/** Throws MergeConflict when both forms are given and do not fit. */
export const promoteAliases = (root: Node): void => {
  const services = mapAt(root, 'services')
  for (const [name, service] of services?.entries ?? []) {
    if (service.kind !== 'map') continue
    promote(service, 'x-develop', 'develop', ['services', name])
    const watch = mapAt(service, 'develop')?.entries.get('watch')
    if (watch?.kind !== 'list') continue
    for (const item of watch.items) {
      if (item.kind === 'map')
        promote(item, 'x-initialSync', 'initial_sync', ['services', name, 'develop', 'watch', '[]'])
    }
  }
}

const promote = (node: MapNode, from: string, to: string, path: readonly string[]): void => {
  const extension = node.entries.get(from)
  if (extension === undefined) return
  node.entries.delete(from)
  const own = node.entries.get(to)
  node.entries.set(to, own === undefined || isNull(own) ? extension : merge(clone(extension), own, [...path, to]))
}

/** A reset of the older form also resets what earlier files hold under the newer one. */
export const withAliases = (resets: readonly ResetPath[]): readonly ResetPath[] =>
  resets.flatMap((trail) => {
    const renamed = trail.map((part, i) =>
      trail[0] === 'services' && i === 2 && part === 'x-develop' ? 'develop' : part,
    )
    return renamed.join('.') === trail.join('.') ? [trail] : [trail, renamed]
  })
