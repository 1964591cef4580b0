// deploy: makes the targets hold what the files say, and waits until that is healthy.
import type { SavedPlan } from '../../core/engine/api.ts'
import { StormportError } from '../../core/errors.ts'
import type { Run } from '../call.ts'
import type { Context } from '../context.ts'
import { followEvents } from '../follow.ts'
import { inFolder, readNamed } from '../named-file.ts'
import { deployRequest } from '../requests.ts'

export const run: Run = async (call) => {
  const { context, flags } = call
  const file = flags.text('plan')
  const request = deployRequest(call, file === null ? null : readSaved(file, context))
  const [project, engine] = await Promise.all([context.project(), context.engine()])
  return followEvents(context, engine.deploy(project, request, context.signal), {
    verb: 'deploy',
    app: project.app.name,
    findings: project.diagnostics,
  })
}

const readSaved = (file: string, { world, environment }: Context): SavedPlan => {
  const text = readNamed(environment.files, inFolder(world.cwd, file))
  const parsed = parseJson(text)
  if (isSavedPlan(parsed)) return parsed
  throw new StormportError('BadInput', `${file} is no plan that plan --out wrote`, {
    diagnostic: 'SP1510',
    source: 'user',
    hint: `stormport plan --out ${file}`,
  })
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

const isSavedPlan = (value: unknown): value is SavedPlan =>
  typeof value === 'object' &&
  value !== null &&
  'schema' in value &&
  value.schema === 'stormport-plan/1' &&
  'fingerprint' in value &&
  typeof value.fingerprint === 'string' &&
  'actions' in value &&
  Array.isArray(value.actions)
