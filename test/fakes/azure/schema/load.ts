// Reads the saved resource types, which lie beside the project and are no part of it: without them there is no stand-in,
// since one that checks nothing would prove nothing.
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { SavedSku } from '../arm/arm.ts'
import { withAdditions } from './additions.ts'
import type { Node } from './types.ts'

export const AZURE_DATA = resolve(import.meta.dirname, '../../../../../shared/azure/examples')

const TYPES = 'schema/containerservice-2026-04-01.types.json'

/** Why the stand-in cannot start here; null: it can. */
export const missingForFakeAzure = (): string | null =>
  existsSync(resolve(AZURE_DATA, TYPES)) ? null : `the published Azure resource types are not at ${AZURE_DATA}`

export interface ResourceTypes {
  readonly types: readonly Node[]
  /** Body of a resource type. */
  resource(name: string): Node
  /** What a function of resources answers. */
  output(name: string): Node
}

interface Entry {
  readonly $type: string
  readonly name?: string
  readonly body?: Node
  readonly output?: Node
}

export const loadTypes = async (): Promise<ResourceTypes> => {
  const entries = JSON.parse(await readFile(resolve(AZURE_DATA, TYPES), 'utf8')) as readonly Entry[]
  const find = (test: (entry: Entry) => boolean, name: string): Entry => {
    const found = entries.find(test)
    if (found === undefined) throw new Error(`the saved types have no ${name}`)
    return found
  }
  return {
    types: withAdditions(entries as readonly Node[]),
    resource: (name) => {
      const { body } = find((each) => each.$type === 'ResourceType' && each.name?.startsWith(`${name}@`) === true, name)
      if (body === undefined) throw new Error(`${name} has no body`)
      return body
    },
    output: (name) => {
      const { output } = find((each) => each.$type === 'ResourceFunctionType' && each.name === name, name)
      if (output === undefined) throw new Error(`${name} answers nothing`)
      return output
    },
  }
}

interface SkuList {
  readonly value: readonly SavedSku[]
}

const SKUS = ['resource-skus.southcentralus-westcentralus.json', 'resource-skus.eastus.json']

/** Real SKU entries of three regions. */
export const loadSkus = async (): Promise<readonly SavedSku[]> => {
  const lists = await Promise.all(SKUS.map((name) => readFile(resolve(AZURE_DATA, 'compute', name), 'utf8')))
  return lists
    .flatMap((text) => {
      const parsed = JSON.parse(text) as SkuList | readonly SavedSku[]
      return 'value' in parsed ? parsed.value : parsed
    })
    .map((sku) => ({ ...sku, locations: sku.locations.map((each) => each.toLowerCase()) }))
}
