// Rules of the merged tree that a schema cannot say: keys that exclude each other and addresses that are none.
import type { Findings } from './findings.ts'
import { isNull, type MapNode, markOf, type Node } from './node.ts'
import { into, patternTable, shown, type Trail, under } from './pattern.ts'
import { isIp } from './port-syntax.ts'

type Check = (node: Node, trail: Trail<Check>, findings: Findings) => void

export const validate = (node: Node, findings: Findings, trail: Trail<Check> = checks): void => {
  const check = trail.state?.value
  if (check !== undefined) {
    check(node, trail, findings)
    return
  }
  if (trail.state === undefined) return
  if (node.kind === 'map') for (const [key, value] of node.entries) validate(value, findings, into(trail, key))
  if (node.kind === 'list') for (const item of node.items) validate(item, findings, into(trail, '[]'))
}

const onMap =
  (check: (node: MapNode, label: string, findings: Findings) => void): Check =>
  (node, trail, findings) => {
    if (node.kind === 'map') check(node, shown(trail), findings)
  }

const external = onMap((node, label, findings) => {
  const value = node.entries.get('external')
  if (value?.kind !== 'bool' || !value.value) return
  for (const [key, other] of node.entries) {
    if (key === 'name' || key === 'external' || key.startsWith('x-')) continue
    findings.error('SP1112', `${label}: external and ${key} exclude each other`, { at: other.keyAt ?? other.at })
  }
})

const fileObject = (...keys: readonly string[]): Check =>
  onMap((node, label, findings) => {
    const given = keys.filter((key) => node.entries.has(key))
    if (given.length > 1) {
      const second = node.entries.get(given[1] ?? '')
      findings.error('SP1112', `${label}: ${given.join(' and ')} exclude each other`, { at: second?.keyAt ?? node.at })
    }
    if (given.length === 0 && !node.entries.has('driver') && !node.entries.has('external')) {
      findings.error('SP1103', `${label} needs one of ${keys.join(', ')}`, { at: node.keyAt ?? node.at })
    }
  })

const deviceRequest = onMap((node, label, findings) => {
  const ids = node.entries.get('device_ids')
  if (!node.entries.has('count') || ids === undefined) return
  findings.error('SP1112', `${label}: count and device_ids exclude each other`, { at: ids.keyAt ?? ids.at })
})

const hostIp = onMap((node, label, findings) => {
  const ip = node.entries.get('host_ip')
  if (ip?.kind !== 'string' || isIp(ip.value)) return
  const given = ip.origin === undefined ? ip.value : 'the value of the variable'
  findings.error('SP1107', `${label}: ${given} is no IP address`, { at: ip.at })
})

const filled: Check = (node, trail, findings) => {
  if (isNull(node) || (node.kind === 'string' && node.value === '')) {
    findings.error('SP1104', `${shown(trail)} must not be empty`, {
      at: markOf(node),
    })
  }
}

const checks = patternTable<Check>({
  'volumes.*': external,
  'configs.*': fileObject('file', 'environment', 'content'),
  'secrets.*': fileObject('file', 'environment'),
  'services.*.ports.*': hostIp,
  'services.*.develop.watch.*.path': filled,
  ...under<Check>(['services.*'], {
    'deploy.resources.reservations.devices.*': deviceRequest,
    'gpus.*': deviceRequest,
  }),
})
