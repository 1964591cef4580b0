// The built-in scheduler's public face.
export { createPool, type Pool, type PoolInput } from './pool.ts'
export { capRefusals, MAX_REFUSALS } from './refusals.ts'
export { type ClassNeeds, replicaClass, replicaKey, serviceClass } from './replica-class.ts'
export { schedule } from './schedule.ts'
export type { ReplicaClass, RunningReplica, ScheduleInput, SchedulePolicy, ScheduleResult } from './types.ts'
