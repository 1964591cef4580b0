// Our own messages quote what engines and health checks say; secret values in them are replaced. Application output that
// is passed on as such (logs, exec) is not touched.
import { collectSecrets } from '../../../core/model/secret-walk.ts'
import type { Alloc } from './model.ts'
import type { SecretFiles } from './secrets.ts'

const SHORTEST = 8

export const maskFor = (alloc: Alloc, secrets: SecretFiles): ((text: string) => string) => {
  const values = collectSecrets(alloc.spec.body.container).flatMap((secret) => {
    try {
      return [secrets.read(alloc, secret)]
    } catch {
      return []
    }
  })
  const long = values.filter((value) => value.length >= SHORTEST)
  return (text) => long.reduce((masked, value) => masked.replaceAll(value, '***'), text)
}
