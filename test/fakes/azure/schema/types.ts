// The shape of a body, as the published resource types write it (Azure/bicep-types-az) and as the tables beside write it:
// one language for both, so that one walker judges all.
export type Node =
  | { readonly $ref: string }
  | StringNode
  | { readonly $type: 'StringLiteralType'; readonly value: string }
  | { readonly $type: 'IntegerType'; readonly minValue?: number; readonly maxValue?: number }
  | { readonly $type: 'NumberType' }
  | { readonly $type: 'BooleanType' }
  | { readonly $type: 'AnyType' }
  | { readonly $type: 'ArrayType'; readonly itemType: Node }
  | { readonly $type: 'UnionType'; readonly elements: readonly Node[] }
  | ObjectNode

export interface StringNode {
  readonly $type: 'StringType'
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
}

export interface ObjectNode {
  readonly $type: 'ObjectType'
  readonly name: string
  readonly properties: Readonly<Record<string, MemberNode>>
  readonly additionalProperties?: Node
}

export interface MemberNode {
  readonly type: Node
  /** Sum of FLAGS. */
  readonly flags: number
}

export const FLAGS = { required: 1, readOnly: 2, writeOnly: 4, inAddress: 8 } as const

export const string = (more: Omit<StringNode, '$type'> = {}): Node => ({ $type: 'StringType', ...more })
export const integer = (minValue?: number, maxValue?: number): Node => ({
  $type: 'IntegerType',
  ...(minValue === undefined ? {} : { minValue }),
  ...(maxValue === undefined ? {} : { maxValue }),
})
export const boolean: Node = { $type: 'BooleanType' }
export const any: Node = { $type: 'AnyType' }
export const number: Node = { $type: 'NumberType' }
export const listOf = (itemType: Node): Node => ({ $type: 'ArrayType', itemType })
export const mapOf = (additionalProperties: Node): Node => ({
  $type: 'ObjectType',
  name: 'map',
  properties: {},
  additionalProperties,
})
export const oneOf = (...values: readonly string[]): Node => ({
  $type: 'UnionType',
  elements: values.map((value) => ({ $type: 'StringLiteralType', value })),
})

export const object = (name: string, properties: Readonly<Record<string, MemberNode | Node>>): ObjectNode => ({
  $type: 'ObjectType',
  name,
  properties: Object.fromEntries(
    Object.entries(properties).map(([key, value]) => [key, 'flags' in value ? value : { type: value, flags: 0 }]),
  ),
})

export const required = (type: Node): MemberNode => ({ type, flags: FLAGS.required })
export const readOnly = (type: Node): MemberNode => ({ type, flags: FLAGS.readOnly })
