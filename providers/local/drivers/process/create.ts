// Makes an allocation's folder from its spec: decides what is run (launch.ts), checks that this machine can, writes it.
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { StormportError } from '../../../../core/errors.ts'
import type { AllocSpec, DriverOptions } from '../../daemon/driver.ts'
import type { Cgroups } from './cgroup.ts'
import { isOnPath } from './fingerprint.ts'
import { baseEnvironment, type LaunchHost, launchOf } from './launch.ts'
import { allocFolder, isAllocId, volumesFolder, writeRecord } from './record.ts'
import { volumeFolder } from './volumes.ts'

const hostOf = (stateDir: string, id: string): LaunchHost => ({
  folder: allocFolder(stateDir, id),
  volumeFolder: (name) => volumeFolder(stateDir, name),
  baseEnvironment: baseEnvironment(process.env, dirname(process.execPath)),
  uid: process.getuid?.() ?? -1,
})

/** A limit that would not hold is refused, unless best effort was accepted. */
const checkLimits = (spec: AllocSpec, { enforces }: Cgroups): void => {
  if (spec.container.bestEffortLimits) return
  const { cpuMillis, memoryBytes, pids } = spec.container.limits
  const broken = [
    ...(cpuMillis !== null && !enforces.cpu ? ['cpu'] : []),
    ...(memoryBytes !== null && !enforces.memory ? ['memory'] : []),
    ...(pids !== null && !enforces.pids ? ['pids'] : []),
  ]
  if (broken.length === 0) return
  throw new StormportError(
    'Unsupported',
    `${spec.service}: a limit on ${broken.join(', ')} cannot be enforced on a host process here`,
    {
      service: spec.service,
      hint: 'accept best-effort limits, or run on an engine',
    },
  )
}

const makeMountFolders = async (spec: AllocSpec, stateDir: string): Promise<void> => {
  for (const mount of spec.container.mounts) {
    if (mount.kind === 'bind' && !existsSync(mount.source)) {
      if (!mount.createHostPath)
        throw new StormportError('NotFound', `${spec.service}: the bind source ${mount.source} does not exist`, {
          service: spec.service,
          hint: `make ${mount.source}`,
        })
      await mkdir(mount.source, { recursive: true })
    }
    if (mount.kind !== 'volume') continue
    const folder = volumeFolder(stateDir, mount.name)
    if (!existsSync(folder))
      throw new StormportError(
        'NotFound',
        `${spec.service}: the volume ${mount.name} does not exist in ${volumesFolder(stateDir)}`,
        { service: spec.service },
      )
    if (mount.subpath !== null) await mkdir(`${folder}/${mount.subpath}`, { recursive: true })
  }
}

export const createAlloc = async (options: DriverOptions, spec: AllocSpec, cgroups: Cgroups): Promise<void> => {
  if (!isAllocId(spec.id)) throw new StormportError('Internal', `${spec.id} is no allocation id`)
  const launch = launchOf(spec, hostOf(options.stateDir, spec.id))
  checkLimits(spec, cgroups)
  for (const tool of ['setsid', ...(launch.user === null ? [] : ['setpriv'])]) {
    if (!isOnPath(tool, `${launch.environment['PATH']}`))
      throw new StormportError('Unsupported', `host processes need ${tool}, which this machine lacks`, {
        hint: 'install util-linux',
      })
  }
  await makeMountFolders(spec, options.stateDir)
  const { id, app, target, service, slot, ports } = spec
  await writeRecord(options.stateDir, spec, {
    id,
    owner: options.owner,
    app,
    target,
    service,
    slot,
    launch,
    ports,
    limits: spec.container.limits,
  })
}
