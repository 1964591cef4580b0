// What every maker of a part of the network is given, and the tags that go with each create.
import { HASH_TAG, NAME_TAG } from './names.ts'
import type { Ec2, Found } from './network-read.ts'
import type { Step } from './step.ts'

/** What a maker works with; `once` never sends a create twice by itself. */
export interface Making<B> extends Ec2 {
  readonly once: Ec2['client']
  readonly step: Step<B>
  readonly live: Found | null
}

/** Ours from the first moment, and without the hash, which says that nothing is missing. */
export const tagged = <T extends string>({ tags, name }: Step<unknown>, ResourceType: T, more: object = {}) => [
  {
    ResourceType,
    Tags: Object.entries({ ...tags, [NAME_TAG]: name, Name: name, ...more })
      .filter(([key]) => key !== HASH_TAG)
      .map(([Key, Value]) => ({ Key, Value: String(Value) })),
  },
]
