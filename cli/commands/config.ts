// config: the canonical Compose project, as docker compose config prints it. Files outside the project root are read as
// Compose reads them, for nothing is deployed.
import { stringify } from 'yaml'
import type { LoadedProject } from '../../core/config/types.ts'
import type { ComposeProject } from '../../core/model/compose.ts'
import { hasErrors } from '../../core/model/diagnostic.ts'
import type { Run } from '../call.ts'
import type { Context } from '../context.ts'
import { maskProject } from '../mask-project.ts'
import { brokenFiles } from '../project.ts'

export const run: Run = async ({ context, flags }) => {
  const loaded = await context.compose()
  if (loaded.project === null || hasErrors(loaded.diagnostics)) throw brokenFiles(loaded.diagnostics)
  const { printable } = await import('../../core/config/compose/printable.ts')
  const shown = printable(loaded.project, { unused: false })
  const project = escaped(flags.on('mask') ? await masked(context, shown, loaded) : shown)
  if (context.options.json) {
    context.document(project)
    return 0
  }
  context.diagnose(loaded.diagnostics)
  context.print(stringify(project, { aliasDuplicateObjects: false, lineWidth: 0 }).trimEnd())
  return 0
}

/** A `$` is printed as `$$`, as docker compose does: what is printed is a Compose file again. */
const escaped = (value: unknown): unknown => {
  if (typeof value === 'string') return value.replaceAll('$', '$$$$')
  if (Array.isArray(value)) return value.map(escaped)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key.replaceAll('$', '$$$$'), escaped(inner)]))
}

const masked = async (context: Context, project: ComposeProject, loaded: LoadedProject): Promise<unknown> => {
  const { buildApp } = await import('../../core/config/app.ts')
  const { app } = buildApp(loaded, await context.fleet(), context.environment.files)
  return maskProject(project, app)
}
