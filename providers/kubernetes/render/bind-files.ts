// Small files of the project that a service binds: they travel as immutable Secrets, one for each bound path.
import { basename } from 'node:path'
import { contentHash } from '../../../core/model/canonical.ts'
import type { NativeObject } from '../../../core/model/native-object.ts'
import { Secret } from '../../../core/model/secret.ts'
import { hashedName } from '../names.ts'
import type { RenderContext } from './context.ts'
import { secretFields } from './environment.ts'
import { nativeObject, STAGE } from './object.ts'
import { bindKind } from './volume-kind.ts'

const dataOf = (source: string, context: RenderContext): Readonly<Record<string, Secret>> => {
  const content = context.spec.app.binds?.[source]
  if (content?.kind !== 'files') return {}
  return Object.fromEntries(
    content.files.map((file, i) => [
      `file-${i}`,
      file.content instanceof Secret ? file.content : new Secret(`binds.${source}.${file.path}`, file.content),
    ]),
  )
}

export const bindSecretName = (source: string, context: RenderContext): string =>
  hashedName(`bind-${basename(source)}`, contentHash(dataOf(source, context)))

export const bindSecrets = (context: RenderContext): readonly NativeObject[] => {
  const sources = context.spec.services.flatMap((s) =>
    s.service.mounts.flatMap((m) => (m.kind === 'bind' && bindKind(m, context.spec) === 'project' ? [m.source] : [])),
  )
  return [...new Set(sources)].sort().map((source) =>
    nativeObject(context, {
      apiVersion: 'v1',
      kind: 'Secret',
      name: bindSecretName(source, context),
      stage: STAGE.passive,
      fields: secretFields(dataOf(source, context)),
    }),
  )
}
