// Environment of a service: plain values in the container, secret ones (also those that stand in the command or the health
// check) in one Secret, from which the container takes them by key.
import type { Service } from '../../../core/model/app.ts'
import { contentHash } from '../../../core/model/canonical.ts'
import type { NativeObject, ServiceSpec } from '../../../core/model/native-object.ts'
import { Secret, type Text } from '../../../core/model/secret.ts'
import { hashedName } from '../names.ts'
import { nameOf, type RenderContext } from './context.ts'
import { type Json, nativeObject, STAGE, sorted } from './object.ts'
import { escaped, secretKey } from './text.ts'

/** Environment key → secret, with the keys that stand for secrets in commands. */
const secretEnvironment = (service: Service): Readonly<Record<string, Secret>> =>
  Object.fromEntries([
    ...Object.entries(service.environment).filter(
      (entry): entry is [string, Secret] => entry[1] instanceof Secret && isVariableName(entry[0]),
    ),
    ...secretWords('command', service.command),
    ...secretWords('entrypoint', service.entrypoint),
    ...secretWords('healthcheck', service.healthcheck?.test ?? null),
  ])

const secretWords = (field: string, words: readonly Text[] | null): readonly (readonly [string, Secret])[] =>
  (words ?? []).flatMap((text, i) => (text instanceof Secret ? [[secretKey(field, i), text] as const] : []))

/** Names that the API takes: no control characters, no `=`, not nothing. */
export const isVariableName = (name: string): boolean => /^[ -<>-~]+$/.test(name)

/** Keys of a Secret are more limited than names of variables. */
const dataKey = (name: string): string => name.replaceAll(/[^-._a-zA-Z0-9]/g, '_')

const dataOf = (service: Service): Readonly<Record<string, Secret>> =>
  Object.fromEntries(
    sorted(Object.entries(secretEnvironment(service)), ([key]) => key).map(([key, value]) => [dataKey(key), value]),
  )

export const environmentSecretName = (service: Service): string =>
  hashedName(`${nameOf(service)}-env`, contentHash(dataOf(service)))

export const environmentSecret = (context: RenderContext, s: ServiceSpec): readonly NativeObject[] => {
  const data = dataOf(s.service)
  if (Object.keys(data).length === 0) return []
  return [
    nativeObject(context, {
      apiVersion: 'v1',
      kind: 'Secret',
      name: environmentSecretName(s.service),
      service: s.service.name,
      stage: STAGE.passive,
      fields: secretFields(data),
    }),
  ]
}

/** Without the target's key the name does not stand for the content yet, and the object must stay changeable. */
export const secretFields = (data: Readonly<Record<string, Secret>>): Json => ({
  type: 'Opaque',
  ...(Object.values(data).every((secret) => secret.ref !== 'new') ? { immutable: true } : {}),
  stringData: data,
})

export const environmentOf = (service: Service): readonly Json[] => {
  const secret = environmentSecretName(service)
  const plain = Object.entries(service.environment).flatMap(([name, value]) =>
    value instanceof Secret || !isVariableName(name) ? [] : [[name, { name, value: escaped(value) }] as const],
  )
  const hidden = Object.keys(secretEnvironment(service)).map(
    (name) => [name, { name, valueFrom: { secretKeyRef: { name: secret, key: dataKey(name) } } }] as const,
  )
  return sorted([...plain, ...hidden], ([name]) => name).map(([, entry]) => entry)
}
