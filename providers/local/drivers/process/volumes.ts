// Named volumes of host processes: folders under the state folder, or the folder that `driver_opts` binds. A host process
// sees no mount: paths under a volume's target are rewritten to the folder (mapping.ts).
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StormportError } from '../../../../core/errors.ts'
import type { VolumeBody } from '../../spec.ts'
import { volumesFolder } from './record.ts'

/** Beside the data, never in it. */
const deviceFile = (stateDir: string, name: string): string => join(volumesFolder(stateDir), `${name}.device`)

const checked = (name: string): string => {
  if (/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(name)) return name
  throw new StormportError('InvalidSpec', `${name} cannot be the name of a volume`)
}

export const volumeFolder = (stateDir: string, name: string): string => {
  const device = deviceFile(stateDir, checked(name))
  return existsSync(device) ? readFileSync(device, 'utf8') : join(volumesFolder(stateDir), name, 'data')
}

/** `driver_opts: { type: none, o: bind, device: /path }` is how Compose files bind a folder to a volume's name. */
const boundDevice = (volume: VolumeBody): string | null => {
  const options = volume.compose['driver_opts']
  if (typeof options !== 'object' || options === null || !('device' in options) || !('o' in options)) return null
  return String(options.o).split(',').includes('bind') ? String(options.device) : null
}

export const ensureVolume = async (
  stateDir: string,
  volume: VolumeBody,
): Promise<{ existed: boolean; native: string }> => {
  const own = join(volumesFolder(stateDir), checked(volume.name))
  const device = boundDevice(volume)
  if (device !== null && !volume.external) {
    if (!existsSync(device))
      throw new StormportError('NotFound', `the volume ${volume.name} binds ${device}, which does not exist`, {
        hint: `make the folder ${device}`,
      })
    await mkdir(own, { recursive: true, mode: 0o700 })
    await writeFile(deviceFile(stateDir, volume.name), device, { mode: 0o600 })
    return { existed: false, native: device }
  }
  const folder = volumeFolder(stateDir, volume.name)
  if (existsSync(folder)) return { existed: volume.external, native: folder }
  if (volume.external)
    throw new StormportError('NotFound', `the volume ${volume.name} is external and does not exist here`, {
      hint: 'remove `external: true`, or bind a folder instead',
    })
  await mkdir(folder, { recursive: true, mode: 0o700 })
  return { existed: false, native: folder }
}

/** A bound folder is the user's: only the name goes. */
export const removeVolume = async (stateDir: string, name: string): Promise<void> => {
  await rm(join(volumesFolder(stateDir), checked(name)), { recursive: true, force: true })
  await rm(deviceFile(stateDir, name), { force: true })
}
