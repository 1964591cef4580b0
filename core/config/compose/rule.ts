// The vocabulary in which the attributes of Compose are written down: what a value may be, and nothing about what it
// means. Alternatives differ in their YAML type, so the type of a value alone says which of them it is held against.

export type ScalarType = 'string' | 'integer' | 'number' | 'boolean' | 'null'

export interface ScalarRule {
  readonly kind: 'scalar'
  readonly types: readonly ScalarType[]
  readonly values?: readonly string[]
  readonly pattern?: RegExp
  readonly min?: number
  readonly max?: number
}

export interface ListRule {
  readonly kind: 'list'
  readonly item: Rule
  readonly unique: boolean
}

export interface MapRule {
  readonly kind: 'map'
  readonly keys: Readonly<Record<string, Rule>>
  /** Keys that the user invents. */
  readonly named?: { readonly pattern: RegExp; readonly rule: Rule }
  /** Whether keys that are neither known, nor fit `named`, nor start with x- are refused. */
  readonly closed: boolean
  readonly extensible: boolean
  readonly required: readonly string[]
  /** At least one of them. */
  readonly someOf: readonly string[]
}

export type Rule =
  | { readonly kind: 'any' }
  | ScalarRule
  | ListRule
  | MapRule
  | { readonly kind: 'either'; readonly options: readonly Rule[] }

export const any: Rule = { kind: 'any' }
export const scalar = (...types: readonly ScalarType[]): ScalarRule => ({ kind: 'scalar', types })
export const string = scalar('string')
export const boolean = scalar('boolean')
export const integer = scalar('integer')
export const nil = scalar('null')
export const oneOf = (...values: readonly string[]): ScalarRule => ({ kind: 'scalar', types: ['string'], values })
export const like = (pattern: RegExp): ScalarRule => ({ kind: 'scalar', types: ['string'], pattern })
export const within = (min: number, max: number | undefined): ScalarRule => ({
  kind: 'scalar',
  types: ['integer'],
  min,
  ...(max === undefined ? {} : { max }),
})
export const either = (...options: readonly Rule[]): Rule => ({ kind: 'either', options })
export const listOf = (item: Rule): ListRule => ({ kind: 'list', item, unique: false })
export const setOf = (item: Rule): ListRule => ({ kind: 'list', item, unique: true })

export type Keys = Readonly<Record<string, Rule>>

/** A mapping with these keys and x- keys, nothing else. */
export const record = (keys: Keys, required: readonly string[] = []): MapRule => ({
  kind: 'map',
  keys,
  closed: true,
  extensible: true,
  required,
  someOf: [],
})

/** A mapping with these keys alone. */
export const strict = (keys: Keys, required: readonly string[] = []): MapRule => ({
  ...record(keys, required),
  extensible: false,
})

/** A mapping whose keys the user invents. */
export const dictionary = (rule: Rule, pattern: RegExp, closed: boolean): MapRule => ({
  ...strict({}),
  named: { pattern, rule },
  closed,
})

export const orNull = (rule: Rule): Rule => either(rule, nil)
