// The rendered objects as the files that judges read: one a application, as `render` prints them.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { manifestText } from '../../cli/render/manifests.ts'
import type { NativeObject } from '../../core/model/native-object.ts'
import { mapSecrets } from '../../core/model/secret-walk.ts'
import type { Judged } from './apps.ts'

/** With the real values: masked ones would be judged instead. */
export const revealed = (object: NativeObject): unknown =>
  JSON.parse(JSON.stringify(mapSecrets(object.body, (secret) => secret.reveal() ?? '')))

/** Resolves to the paths, in the order of the applications. */
export const writeManifests = (folder: string, apps: readonly Judged[]): readonly string[] => {
  mkdirSync(folder, { recursive: true })
  return apps.map(({ namespace, objects }) => {
    const path = join(folder, `${namespace}.yaml`)
    writeFileSync(path, manifestText(objects.map(revealed)))
    return path
  })
}
