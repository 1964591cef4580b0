// Where the parts of real engines lie: made by .ci/setup-engine.sh, outside the repository, keyed by version.
import { existsSync, readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

export type EngineKind = 'debian' | 'current'

const MOBY = 'v2.0.0-beta.24'
const RUNC = 'v1.5.2'

export const cacheFolder = (): string =>
  join(process.env['STORMPORT_CACHE'] || join(process.env['HOME'] || homedir(), '.cache', 'stormport'), 'engine')

/** Folder with dockerd, docker-proxy and runc; goes first in the engine's PATH. */
export const engineFolder = (kind: EngineKind): string =>
  kind === 'debian' ? '/usr/sbin' : join(cacheFolder(), `moby-${MOBY}-runc-${RUNC}`)

/** Debian packages from which test images are made. */
export const debianPackages = (): readonly string[] => {
  const folder = join(cacheFolder(), 'packages')
  return existsSync(folder) ? readdirSync(folder).map((file) => join(folder, file)) : []
}

/** null: this engine can be started here; else what is missing, in words. */
export const missingFor = (kind: EngineKind): string | null => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'engines are started as root on Linux only'
  const parts = [join(engineFolder(kind), 'dockerd'), '/usr/bin/containerd', '/bin/busybox', '/usr/bin/docker-registry']
  const absent = parts.find((part) => !existsSync(part))
  return absent === undefined ? null : `${absent} is missing: run .ci/setup-engine.sh`
}
