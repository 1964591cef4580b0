// What Compose adds where the files are silent, once all of them are merged.
import { withDefaults } from './canonical.ts'
import { printed } from './go-text.ts'
import { bool, type MapNode, type Node, text } from './node.ts'
import { into, patternTable, type Trail, under } from './pattern.ts'

type Filler = (node: MapNode) => void

/** A node with a default of its own is not looked into further. */
export const setDefaults = (node: Node, trail: Trail<Filler> = fillers): void => {
  const filler = trail.state?.value
  if (filler !== undefined) {
    if (node.kind === 'map') filler(node)
    return
  }
  if (trail.state === undefined) return
  if (node.kind === 'map') for (const [key, value] of node.entries) setDefaults(value, into(trail, key))
  if (node.kind === 'list') for (const item of node.items) setDefaults(item, into(trail, '[]'))
}

const request: Filler = (node) => {
  if (!node.entries.has('count') && !node.entries.has('device_ids')) node.entries.set('count', text('all', node))
}

const secret: Filler = (node) => {
  const source = node.entries.get('source')
  withDefaults(node, [['target', text(`/run/secrets/${source === undefined ? '%!s(<nil>)' : printed(source)}`, node)]])
}

const fillers = patternTable<Filler>({
  ...under<Filler>(['services.*', 'jobs.*'], {
    build: (node) => withDefaults(node, [['context', text('.', node)]]),
    'secrets.*': secret,
    'ports.*': (node) =>
      withDefaults(node, [
        ['protocol', text('tcp', node)],
        ['mode', text('ingress', node)],
      ]),
    'gpus.*': request,
    'volumes.*.bind': (node) => withDefaults(node, [['create_host_path', bool(true, node)]]),
  }),
  'services.*.deploy.resources.reservations.devices.*': request,
})
