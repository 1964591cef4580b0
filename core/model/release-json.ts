// App ↔ JSON as a Release keeps it: secrets go in as references and come back as Secrets without value.
import { StormportError } from '../errors.ts'
import type { App } from './app.ts'
import { isSecretJson, Secret } from './secret.ts'

/** What a release stores: plain JSON, every Secret as { secret, name }. */
export const appToJson = (app: App): unknown => JSON.parse(JSON.stringify(app))

/** The app of a stored release. Its Secrets know only their references. */
export const appFromJson = (json: unknown): App => {
  const app = reviveSecrets(json)
  if (!isApp(app))
    throw new StormportError('Internal', 'the stored release holds no application', {
      hint: 'deploy again to write a new release',
    })
  return app
}

/** Any JSON with { secret, name } objects turned back into Secrets without value. */
export const reviveSecrets = (json: unknown): unknown => {
  if (isSecretJson(json)) return new Secret(json.name, undefined, json.secret)
  if (Array.isArray(json)) return json.map(reviveSecrets)
  if (typeof json !== 'object' || json === null) return json
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, reviveSecrets(value)]))
}

const isApp = (value: unknown): value is App =>
  typeof value === 'object' &&
  value !== null &&
  'name' in value &&
  typeof value.name === 'string' &&
  'services' in value &&
  Array.isArray(value.services)
