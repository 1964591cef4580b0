// The scheduler's columnar interface: classes × counts in, typed arrays out. Equal replicas are one class.

import type { Refusal } from '../model/placement.ts'
import type { Constraint, GpuRequest, NodeCapacity, Preference, Resources } from '../model/resources.ts'

export interface ReplicaClass {
  /** '<app>/<service>': replicas of one key spread, avoid and count against each other. */
  readonly key: string
  readonly requests: Resources
  readonly gpu: GpuRequest | null
  readonly constraints: readonly Constraint[]
  readonly preferences: readonly Preference[]
  readonly maxPerNode: number | null
  /** 'tcp/8080' */
  readonly hostPorts: readonly string[]
  /** Volume names that pin to nodes which hold them; one that no node holds may go anywhere. */
  readonly volumes: readonly string[]
  /** Keys that must not share a node with it. */
  readonly antiAffinity: readonly string[]
  /** 'linux/amd64'; empty: any. */
  readonly platforms: readonly string[]
  readonly tolerations: readonly string[]
  readonly priority: number
  /** All replicas of the class or none. */
  readonly gang: boolean
}

/** A replica that runs already and may be preempted by a higher priority. */
export interface RunningReplica {
  readonly id: string
  readonly node: number
  readonly key: string
  readonly priority: number
  readonly requests: Resources
  readonly gpus: readonly { readonly device: number; readonly share: number }[]
}

export type SchedulePolicy = 'balanced' | 'pack' | 'spread'

export interface ScheduleInput {
  readonly target: string
  readonly nodes: readonly NodeCapacity[]
  readonly classes: readonly ReplicaClass[]
  /** Replicas to place, by class. */
  readonly counts: Int32Array
  readonly running: readonly RunningReplica[]
  readonly policy: SchedulePolicy
  readonly seed: number
  readonly preemption: boolean
}

export interface ScheduleResult {
  /** One entry a replica, class by class in input order: index of its node, or -1. */
  readonly nodeOf: Int32Array
  /** First entry of each class in nodeOf; length classes + 1. */
  readonly offsets: Int32Array
  /** Entry → device indices taken on its node; absent without GPU request. */
  readonly gpusOf: ReadonlyMap<number, readonly number[]>
  /** By class; empty when all its replicas found a node. */
  readonly refusals: readonly (readonly Refusal[])[]
  /** Ids of running replicas that must go first. */
  readonly preempted: readonly string[]
}
