// config: the canonical Compose project, as docker compose config prints it. Files outside the project root are read as
// Compose reads them, for nothing is deployed.

import type { LoadedProject } from '../../core/config/types.ts'
import { hasErrors } from '../../core/model/diagnostic.ts'
import type { Run } from '../call.ts'
import type { Context } from '../context.ts'
import { maskProject } from '../mask-project.ts'
import { brokenFiles } from '../project.ts'

export const run: Run = async ({ context, flags }) => {
  const loaded = await context.compose()
  if (loaded.project === null || hasErrors(loaded.diagnostics)) throw brokenFiles(loaded.diagnostics)
  const project: unknown = flags.on('mask') ? await masked(context, loaded) : loaded.project
  if (context.options.json) {
    context.document(project)
    return 0
  }
  const { stringify } = await import('yaml')
  context.diagnose(loaded.diagnostics)
  context.print(stringify(project, { aliasDuplicateObjects: false, lineWidth: 0 }).trimEnd())
  return 0
}

const masked = async (context: Context, loaded: LoadedProject): Promise<unknown> => {
  const { buildApp } = await import('../../core/config/app.ts')
  const { app } = buildApp(loaded, await context.fleet(), context.environment.files)
  return maskProject(loaded.project, app)
}
