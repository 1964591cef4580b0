// Resources, GPUs and placement: fields whose verdict depends on what they say.
import type { ComposeDevice } from '../../../core/model/compose.ts'
import { parseComposeBytes } from '../../../core/model/quantity.ts'
import { nodeLabel } from '../render/scheduling.ts'
import { about, type Finding, type Rule, refused, when } from './finding.ts'

const gpu: Rule = ({ service }) => {
  const { gpu: wanted, compose } = service
  if (wanted === null) return []
  const field = compose.gpus !== undefined ? 'gpus' : 'deploy.resources.reservations.devices'
  return [
    ...when(wanted.all === true && wanted.dra !== true, () =>
      about(field, `gpus: a pod counts its cards, so "all" is ${wanted.count}; write a count`),
    ),
    ...when(wanted.deviceIds.length > 0, () =>
      refused(field, 'gpus: a cluster gives cards by number, not by id', 'write count instead of device_ids'),
    ),
    ...when(wanted.share < 1, () =>
      about('x-stormport.gpu', 'gpu: how a card is shared is set up on its node; the share is not enforced'),
    ),
  ]
}

const VENDORS = ['nvidia', 'amd', 'intel', '']

const devices: Rule = ({ service }) =>
  (service.compose.deploy?.resources?.reservations?.devices ?? []).flatMap(
    (device: ComposeDevice): readonly Finding[] => {
      const kinds = (device.capabilities ?? []).flat()
      const field = 'deploy.resources.reservations.devices'
      if (!kinds.includes('gpu'))
        return [
          refused(
            field,
            `devices: ${kinds.join(', ') || 'a device'} is not known to clusters`,
            'ask for GPUs, or leave it out',
          ),
        ]
      return when(!VENDORS.includes(device.driver ?? ''), () =>
        refused(field, `devices: the driver ${device.driver} is not known to clusters`, 'use nvidia or amd'),
      )
    },
  )

const swap: Rule = ({ service }) => {
  const { memswap_limit: swapLimit, mem_limit: limit } = service.compose
  if (swapLimit === undefined || swapLimit === '0') return []
  const equal = limit !== undefined && parseComposeBytes(swapLimit) === parseComposeBytes(limit)
  return when(!equal, () =>
    refused('memswap_limit', 'memswap_limit: pods have no swap', 'set it to mem_limit, or leave it out'),
  )
}

/** What container runtimes give by default; nobody needs to ask for less. */
const OPEN_FILES = 1_048_576

const ulimits: Rule = ({ service }) =>
  Object.entries(service.compose.ulimits ?? {}).map(([name, value]) => {
    const hard = typeof value === 'number' ? value : 'single' in value ? value.single : value.hard
    const granted = (name === 'nofile' && hard <= OPEN_FILES) || name === 'nproc' || (name === 'core' && hard <= 0)
    return granted
      ? about('ulimits', `ulimits: ${name} is that of the node's runtime, which mostly is at least as high`)
      : refused(
          'ulimits',
          `ulimits: a pod cannot set ${name}`,
          'set it for the runtime of the nodes, or accept the loss',
        )
  })

const constraints: Rule = ({ service }) => {
  const field = 'deploy.placement.constraints'
  return service.constraints.flatMap(({ key, operator, value }): readonly Finding[] => {
    if (nodeLabel(key) !== null) return []
    if (key === 'node.role' && (value === 'worker') === (operator === '=='))
      return [about(field, 'constraints: pods run on workers unless they tolerate more, so node.role says nothing')]
    return [refused(field, `constraints: nodes of a cluster have no ${key}`, 'use node.labels.NAME or node.hostname')]
  })
}

const perNode: Rule = ({ service }) =>
  when((service.maxReplicasPerNode ?? 0) > 1, () =>
    about(
      'deploy.placement.max_replicas_per_node',
      'max_replicas_per_node: held as a difference between nodes, not as a limit of each',
    ),
  )

export const resourceRules: readonly Rule[] = [gpu, devices, swap, ulimits, constraints, perNode]
