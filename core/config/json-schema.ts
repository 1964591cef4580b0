// JSON Schema of stormport.yaml and of x-stormport, from the same schemas that check the files: for editors.
import * as z from 'zod'
import { serviceExtension, volumeExtension } from './extension-schema.ts'
import { fleetSchema } from './fleet-schema.ts'

const SCHEMAS = {
  stormport: [fleetSchema, 'stormport.yaml'],
  'x-stormport': [serviceExtension, 'x-stormport of a service in compose.yaml'],
  'x-stormport-volume': [volumeExtension, 'x-stormport of a volume in compose.yaml'],
} as const

export type SchemaName = keyof typeof SCHEMAS

export const schemaNames: readonly SchemaName[] = ['stormport', 'x-stormport', 'x-stormport-volume']

export const jsonSchema = (name: SchemaName): Readonly<Record<string, unknown>> => {
  const [schema, title] = SCHEMAS[name]
  return { ...z.toJSONSchema(schema, { io: 'input' }), title }
}
