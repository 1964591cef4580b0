// Volumes, binds and tmpfs of a container.

import type { AllocSpec } from '../../daemon/driver.ts'
import type { MountBody } from '../../spec.ts'
import type { CreateContext, Json } from './container.ts'

export const mountFields = (alloc: AllocSpec, context: CreateContext): Json => {
  const { mounts, compose } = alloc.container
  const files = Object.entries(context.boundFiles).map(([Target, Source]) => ({
    Type: 'bind',
    Source,
    Target,
    ReadOnly: true,
  }))
  const taken = new Set(mounts.map((mount) => mount.target))
  const tmpfs = (compose.tmpfs ?? []).map(tmpfsEntry).filter(([path]) => !taken.has(path))
  return {
    // Only this form makes a missing host folder on every engine, as Compose's short syntax promises.
    Binds: mounts.filter(byShortForm).map(bindText),
    Mounts: [...mounts.filter((mount) => !byShortForm(mount)).map(mountEntry), ...files],
    Tmpfs: tmpfs.length === 0 ? undefined : Object.fromEntries(tmpfs),
  }
}

type Bind = Extract<MountBody, { kind: 'bind' }>

/** A colon in a path would be read as a separator: such a mount takes the long form, and its folder must exist. */
const byShortForm = (mount: MountBody): mount is Bind =>
  mount.kind === 'bind' && mount.createHostPath && !mount.source.includes(':') && !mount.target.includes(':')

const bindText = (mount: Bind): string => {
  const options = [mount.readOnly ? 'ro' : 'rw', ...(mount.propagation === null ? [] : [mount.propagation])]
  return `${mount.source}:${mount.target}:${options.join(',')}`
}

const mountEntry = (mount: MountBody): Json => {
  switch (mount.kind) {
    case 'volume': {
      const options = { NoCopy: mount.nocopy, ...(mount.subpath === null ? {} : { Subpath: mount.subpath }) }
      return {
        Type: 'volume',
        Source: mount.name,
        Target: mount.target,
        ReadOnly: mount.readOnly,
        VolumeOptions: options,
      }
    }
    case 'anonymous':
      return { Type: 'volume', Target: mount.target, ReadOnly: mount.readOnly }
    case 'bind': {
      const options = mount.propagation === null ? {} : { BindOptions: { Propagation: mount.propagation } }
      return { Type: 'bind', Source: mount.source, Target: mount.target, ReadOnly: mount.readOnly, ...options }
    }
    case 'tmpfs': {
      const size = mount.sizeBytes === null ? {} : { SizeBytes: mount.sizeBytes }
      const mode = mount.mode === null ? {} : { Mode: mount.mode }
      return { Type: 'tmpfs', Target: mount.target, TmpfsOptions: { ...size, ...mode } }
    }
  }
}

const tmpfsEntry = (text: string): readonly [string, string] => {
  const at = text.indexOf(':')
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}
