// schema: JSON Schema of stormport.yaml and x-stormport for editors, and the shapes of --json output.
import type { Run } from '../call.ts'
import { choiceOf } from '../options.ts'
import { outputSchema } from '../output-schema.ts'

export const run: Run = async ({ context, args }) => {
  const { jsonSchema, schemaNames } = await import('../../core/config/json-schema.ts')
  const name = choiceOf('schema', args[0] ?? 'stormport', [...schemaNames, 'output'])
  context.document(name === 'output' ? outputSchema() : jsonSchema(name))
  return 0
}
