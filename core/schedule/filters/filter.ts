// What a filter is: a question about one class, asked of each node, that can say its refusal in words.
import type { NodeTable } from '../table.ts'
import type { ReplicaClass } from '../types.ts'

/** `reason` is equal for equal refusals, so that they can be tallied; `detail` is about the one node. */
export interface Reason {
  readonly reason: string
  readonly detail: string
}

export interface NodeCheck {
  fits(row: number): boolean
  /** The same question to many: keeps those that fit at the front and says how many. Only where speed asks for it. */
  narrow?(rows: Int32Array, size: number): number
  /** Only asked of rows that do not fit. */
  explain(row: number): Reason
}

/** What a filter or score may know beside the class: the other classes of the same run. */
export interface FilterContext {
  /** Key → keys that must not share a node with it, whoever of the two said so. */
  readonly avoid: ReadonlyMap<string, readonly string[]>
}

export interface Filter {
  readonly name: string
  /** node: placements never change the answer, so it is worked out once. state: asked again after each placement. */
  readonly reads: 'node' | 'state'
  /** null: the class has no such need. */
  prepare(table: NodeTable, cls: ReplicaClass, context: FilterContext): NodeCheck | null
}
