// Rights of a service against the level that it may have (DESIGN section 11).
import { admits, type Demand, demandsOf, isAllowed, levelOf } from '../render/demands.ts'
import { userOf } from '../render/user.ts'
import { about, coded, type Finding, type Judged, noted, type Rule, refused, when } from './finding.ts'

const user: Rule = ({ s, context }) => {
  const found = userOf(s, context)
  return when(found.kind === 'named' && found.written, () =>
    refused('user', 'user: a cluster knows users by number only', 'write the number, such as user: "10001:10001"'),
  )
}

const groups: Rule = ({ service }) => {
  const named = (service.compose.group_add ?? []).filter((group) => !/^\d+$/.test(String(group)))
  return when(named.length > 0, () =>
    refused(
      'group_add',
      `group_add: a cluster knows groups by number only, not ${named.join(', ')}`,
      'write the numbers',
    ),
  )
}

const KNOWN_OPTIONS = [
  /^no-new-privileges(?:[=:](?:true|false))?$/,
  /^seccomp[=:]unconfined$/,
  /^apparmor[=:].+$/,
  /^label[=:](?:disable|(?:user|role|type|level):.+)$/,
]

const options: Rule = ({ service }) =>
  (service.compose.security_opt ?? [])
    .filter((option) => !KNOWN_OPTIONS.some((known) => known.test(option)))
    .map((option) =>
      refused(
        'security_opt',
        `security_opt: ${option} has no counterpart on a cluster`,
        'leave it out, or accept the loss',
      ),
    )

const shared = (field: 'pid' | 'ipc', value: unknown): readonly Finding[] => {
  const text = String(value ?? '')
  if (/^(?:service|container):/.test(text))
    return [
      coded(
        'SP1203',
        refused(
          field,
          `${field} shares with one fixed container, and replicas come and go`,
          'put both programs into one service',
        ),
      ),
    ]
  return when(!['', 'host', 'private', 'shareable', 'none'].includes(text), () =>
    refused(field, `${field}: no cluster knows ${text}`, 'leave it out'),
  )
}

const namespaces: Rule = ({ service: { compose } }) => [
  ...shared('pid', compose['pid']),
  ...shared('ipc', compose['ipc']),
  ...when(compose['ipc'] === 'shareable', () => about('ipc', 'ipc: only containers of one pod can share it')),
  ...when(compose['uts'] === 'host', () => refused('uts', 'uts: a pod has a host name of its own', 'leave it out')),
  ...when(!['', 'host'].includes(String(compose['userns_mode'] ?? '')), () =>
    refused('userns_mode', 'userns_mode: the cluster maps users for all pods alike', 'leave it out'),
  ),
  ...when(compose['cgroup'] === 'host', () =>
    refused('cgroup', 'cgroup: a pod has control groups of its own', 'leave it out'),
  ),
]

const level: Rule = (judged) => {
  const { s, service, context } = judged
  const demands = demandsOf(s, context)
  const beyond = demands.filter((demand) => !fits(demand, judged))
  const refusedByLevel = beyond.map((demand) =>
    coded(
      'SP1253',
      refused(demand.field, `security is ${service.extension.security}, but ${demand.what}`, demand.remedy),
    ),
  )
  // Paths of the node have their own finding, which says what else could be done.
  const askable = demands.filter(
    (demand) => demand.optIn !== null && demand.optIn !== 'hostPath' && !beyond.includes(demand),
  )
  const unallowed = askable
    .filter((demand) => !isAllowed(service, demand))
    .map((demand) => coded('SP1259', refused(demand.field, `${demand.field}: ${demand.what}`, demand.remedy)))
  const allowed = askable
    .filter((demand) => isAllowed(service, demand))
    .map((demand) => noted('SP1259', demand.field, `${demand.field}: ${demand.what} (allowed by ${demand.optIn})`))
  return [...refusedByLevel, ...unallowed, ...allowed, ...enforced(judged), ...summary(judged, demands)]
}

const fits = (demand: Demand, { service }: Judged): boolean => {
  const wanted = service.extension.security
  return wanted === 'auto' || admits(wanted, demand.level)
}

/** A namespace that somebody else made may let in less than the service needs. */
const enforced = ({ s, context }: Judged): readonly Finding[] => {
  const limit = context.facts.podSecurity
  const own = levelOf(s, context)
  return when(limit !== null && !admits(limit, own), () =>
    coded(
      'SP1253',
      refused(
        '',
        `the namespace ${context.namespace} enforces ${limit}, and the service needs ${own}`,
        `have its label pod-security.kubernetes.io/enforce set to ${own}, or take out what needs it`,
      ),
    ),
  )
}

/** One line with all reasons; the first remedy of each is enough. */
const summary = ({ s, service, context }: Judged, demands: readonly Demand[]): readonly Finding[] => {
  const own = levelOf(s, context)
  if (own === 'restricted' || service.extension.security === 'restricted') return []
  const granted = demands.filter((demand) => isAllowed(service, demand))
  const because = [...new Set(granted.map((demand) => demand.what))].join(', ')
  const remedies = [...new Set(granted.map((demand) => demand.remedy))].join('; ')
  return [noted('SP1252', granted[0]?.field ?? '', `runs at Pod Security level ${own}: ${because} (${remedies})`)]
}

export const securityRules: readonly Rule[] = [user, groups, options, namespaces, level]
