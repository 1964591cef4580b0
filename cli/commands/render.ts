// render: the native objects of every target, or the roles that deploying them needs (--rbac), without network, daemon or sign-in (unless --resolve).
import { hasErrors } from '../../core/model/diagnostic.ts'
import { mapSecrets } from '../../core/model/secret-walk.ts'
import type { Run } from '../call.ts'
import { exitOfFindings } from '../findings.ts'
import { checkedProject } from '../project.ts'
import { manifestText } from '../render/manifests.ts'

export const run: Run = async (call) => {
  const { context, flags } = call
  const mask = flags.on('mask')
  const project = checkedProject(await context.loaded())
  const engine = await context.engine()
  const { objects, diagnostics } = await engine.render(
    project,
    { targets: context.options.targets, resolve: flags.on('resolve'), mask, rbac: flags.on('rbac') },
    context.signal,
  )
  // The user's own files say these values (DESIGN section 5): this is the one place that reveals them, unless masked.
  const shown = mapSecrets(objects, (secret) => (mask ? '***' : (secret.reveal() ?? '***')))
  if (context.options.json) context.document({ objects: shown, diagnostics })
  else if (objects.length === 0 && flags.on('rbac')) context.note('no target here takes roles')
  else context.print(manifestText(shown.map((entry) => entry.object)).trimEnd())
  if (!context.options.json) context.diagnose(diagnostics)
  return hasErrors(diagnostics) ? exitOfFindings(diagnostics) : 0
}
