// What stands in the account of the stand-in, as plain maps that tests may look into.
import type {
  AccessEntry,
  Addon,
  AssociatedAccessPolicy,
  Cluster,
  FargateProfile,
  Insight,
  Nodegroup,
  PodIdentityAssociation,
  Update,
} from '@aws-sdk/client-eks'
import type { Role } from '@aws-sdk/client-iam'
import type { FakeClock } from '../clock.ts'
import { createEc2State, type Ec2State } from './ec2/state.ts'
import type { Rules } from './rules.ts'

/** Something that takes its time to come and to go. */
export interface Timed<T> {
  readonly value: T
  readonly madeAtMs: number
  readonly deletedAtMs: number | null
  readonly requestToken: string | null
  /** As it was asked for: a token is replayed only with the same request. */
  readonly request: string
}

export interface ClusterRecord extends Timed<Cluster> {
  readonly groups: Map<string, Timed<Nodegroup>>
  readonly addons: Map<string, Timed<Addon>>
  readonly profiles: Map<string, Timed<FargateProfile>>
  readonly access: Map<string, Timed<AccessEntry> & { readonly policies: AssociatedAccessPolicy[] }>
  readonly identities: Map<string, PodIdentityAssociation>
  readonly updates: Map<string, { readonly update: Update; readonly doneAtMs: number; readonly apply: () => void }>
  readonly insights: Insight[]
}

export interface RoleRecord {
  readonly role: Role
  readonly madeAtMs: number
  readonly policies: Set<string>
}

export interface AwsState {
  readonly account: string
  readonly region: string
  readonly clock: FakeClock
  readonly rules: Rules
  readonly clusters: Map<string, ClusterRecord>
  readonly roles: Map<string, RoleRecord>
  /** 'type/zone' and 'type' → why a group of it cannot start. */
  readonly shortages: Map<string, { readonly code: string; readonly message: string }>
  /** Nodes that are ready, by cluster: add-ons wait for one. */
  readonly readyNodes: Map<string, number>
  readonly ec2: Ec2State
  /** Access key → the session that it stands for. */
  readonly assumed: Map<string, string>
  nextId(): string
}

export const createState = (of: Pick<AwsState, 'account' | 'region' | 'clock' | 'rules'>): AwsState => {
  let last = 0
  return {
    ...of,
    clusters: new Map(),
    roles: new Map(),
    shortages: new Map(),
    readyNodes: new Map(),
    ec2: createEc2State(of.region),
    assumed: new Map(),
    nextId: () => {
      last += 1
      return last.toString(16).padStart(8, '0')
    },
  }
}

export const arn = (state: AwsState, service: string, path: string): string =>
  `arn:aws:${service}:${service === 'iam' ? '' : state.region}:${state.account}:${path}`
