// x-stormport where it has no meaning, or under a misspelt key: Compose takes any x- key, so nobody else would say it.
import type { ComposeProject } from '../model/compose.ts'
import { parseVolumeExtension } from './extension.ts'
import type { Report } from './report.ts'
import { closest } from './suggest.ts'
import type { Path } from './types.ts'

const KEY = 'x-stormport'

export const checkExtensionPlaces = (project: ComposeProject, report: Report): void => {
  refuseHere(project, [], report)
  for (const kind of ['networks', 'configs', 'secrets'] as const)
    eachOf(project[kind], (key, value) => refuseHere(value, [kind, key], report))
  eachOf(project.services, (name, service) => {
    misspelt(service, ['services', name], report)
    refuseHere(service['deploy'], ['services', name, 'deploy'], report)
  })
  eachOf(project.volumes, (key, volume) => {
    misspelt(volume, ['volumes', key], report)
    report.addAll(parseVolumeExtension(volume[KEY]).findings, ['volumes', key, KEY], {})
  })
}

const refuseHere = (value: unknown, path: Path, report: Report): void => {
  if (typeof value !== 'object' || value === null || !(KEY in value)) return
  report.add('error', {
    code: 'SP1317',
    path: [...path, KEY],
    message: `${KEY} has no meaning ${path.length === 0 ? 'at the top of the file' : `in ${path.join('.')}`}`,
    hint: 'move it into a service or a volume',
  })
}

const misspelt = (value: object, path: Path, report: Report): void => {
  for (const key of Object.keys(value)) {
    if (key !== KEY && key.startsWith('x-') && closest(key, [KEY]) !== null) {
      report.add('error', {
        code: 'SP1302',
        path: [...path, key],
        message: `unknown key \`${key}\` in ${path.join('.')}`,
        hint: `did you mean \`${KEY}\`?`,
      })
    }
  }
}

const eachOf = (
  map: Readonly<Record<string, unknown>> | undefined,
  visit: (key: string, value: Readonly<Record<string, unknown>>) => void,
): void => {
  for (const [key, value] of Object.entries(map ?? {})) {
    if (typeof value === 'object' && value !== null) visit(key, value as Readonly<Record<string, unknown>>)
  }
}
