// Networks, volumes, configs and secrets of the app: only those that a service uses, as `docker compose up` does.
import type { FileObject, Network, Service, Volume } from '../model/app.ts'
import type { ComposeFileObject, ComposeProject } from '../model/compose.ts'
import { Secret, type Text } from '../model/secret.ts'
import type { Files } from '../ports.ts'
import { fromOutside } from './app-secrets.ts'
import { parseVolumeExtension } from './extension.ts'
import type { Report } from './report.ts'
import type { LoadedProject, Path } from './types.ts'

export const networksOf = (project: ComposeProject, services: readonly Service[]): readonly Network[] => {
  const used = new Set(services.flatMap((service) => Object.keys(service.networks)))
  return [...used].map((key) => {
    const compose = project.networks?.[key] ?? {}
    return {
      key,
      name: compose.name ?? `${project.name}_${key}`,
      external: compose.external === true,
      internal: compose.internal ?? false,
      isDefault: key === 'default',
      compose,
    }
  })
}

export const volumesOf = (project: ComposeProject, services: readonly Service[]): readonly Volume[] => {
  const used = new Set(
    services.flatMap((service) => service.mounts.flatMap((mount) => (mount.kind === 'volume' ? [mount.volume] : []))),
  )
  return [...used].map((key) => {
    const { 'x-stormport': raw, ...compose } = project.volumes?.[key] ?? {}
    const extension = parseVolumeExtension(raw)
    return {
      key,
      name: compose.name ?? `${project.name}_${key}`,
      external: compose.external === true,
      sizeBytes: extension.sizeBytes,
      class: extension.class,
      compose,
    }
  })
}

export interface FileObjectInput {
  readonly kind: 'configs' | 'secrets'
  readonly used: ReadonlySet<string>
  readonly loaded: LoadedProject
  readonly files: Files
  readonly report: Report
}

/** Contents are read here, once; what cannot be read is one finding each. */
export const fileObjectsOf = (input: FileObjectInput): readonly FileObject[] => {
  const project = input.loaded.project
  return [...input.used].flatMap((key) => {
    const object = project?.[input.kind]?.[key]
    if (object === undefined) return []
    const external = object.external === true
    return [
      {
        key,
        name: object.name ?? `${project?.name}_${key}`,
        external,
        content: external ? null : contentOf(key, object, input),
      },
    ]
  })
}

const contentOf = (key: string, object: ComposeFileObject, input: FileObjectInput): Text | null => {
  const path: Path = [input.kind, key]
  const written = readContent(object, path, input)
  if (written === null) return null
  const outside =
    object.environment !== undefined ||
    (object.content !== undefined && fromOutside(input.loaded.positions.origin([...path, 'content']), []))
  return input.kind === 'secrets' || outside ? new Secret(`${input.kind}.${key}`, written) : written
}

const readContent = (
  object: ComposeFileObject,
  path: Path,
  { loaded, files, report, kind }: FileObjectInput,
): string | null => {
  if (object.content !== undefined) return object.content
  const what = `${kind.slice(0, -1)} ${path[1]}`
  if (object.environment !== undefined) {
    const value = loaded.environment[object.environment]
    if (value !== undefined) return value
    report.add('error', {
      code: 'SP1325',
      path: [...path, 'environment'],
      message: `${what} comes from the variable ${object.environment}, which is not set`,
      hint: `set ${object.environment}, or write it into .env`,
    })
    return null
  }
  if (object.file === undefined) return null
  const text = readFile(object.file, files)
  if (text !== undefined) return text
  report.add('error', {
    code: 'SP1325',
    path: [...path, 'file'],
    message: `${what} comes from ${object.file}, which cannot be read`,
    hint: 'create the file, or correct the path',
  })
  return null
}

const readFile = (path: string, files: Files): string | undefined => {
  try {
    return files.read(path)
  } catch {
    return undefined
  }
}
