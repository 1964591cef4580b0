// What must hold between services, and between services and the fleet; each breach is one finding at its position.
import { isAbsolute, relative, resolve, sep } from 'node:path'
import { Cron } from 'croner'
import type { App, Service } from '../model/app.ts'
import type { Fleet } from '../model/fleet.ts'
import type { Files } from '../ports.ts'
import type { Report } from './report.ts'
import { didYouMean } from './suggest.ts'
import type { LoadedProject, Path } from './types.ts'

export interface AppCheckInput {
  readonly app: App
  readonly fleet: Fleet
  readonly loaded: LoadedProject
  readonly files: Files
  readonly report: Report
}

interface Breach {
  /** Below x-stormport. */
  readonly at: Path
  readonly code: string
  readonly message: string
  readonly hint?: string
}

export const checkApp = (given: AppCheckInput): void => {
  const input = { ...given, files: rememberingPaths(given.files) }
  for (const service of input.app.services) {
    const breaches = [
      ...namesTargets(service, input.fleet),
      ...namesServices(service, input.app),
      ...counts(service, input.fleet),
      ...autoscaling(service),
      ...exposure(service),
      ...schedule(service),
      ...process(service, input),
    ]
    for (const { at, hint, ...breach } of breaches) {
      input.report.add('error', {
        ...breach,
        path: ['services', service.name, 'x-stormport', ...at],
        service: service.name,
        ...(hint === undefined ? {} : { hint }),
      })
    }
  }
}

/** All services of a file ask about the same few paths. */
const rememberingPaths = (files: Files): Files => {
  const known = new Map<string, string | undefined>()
  return {
    ...files,
    realpath: (path) => {
      if (!known.has(path)) known.set(path, files.realpath(path))
      return known.get(path)
    },
  }
}

const namesTargets = (service: Service, fleet: Fleet): readonly Breach[] => {
  const names = fleet.targets.map((target) => target.name)
  const sites = [...new Set(fleet.targets.map((target) => target.site))]
  const unknown = (at: Path, word: string, known: readonly string[], what: string): readonly Breach[] =>
    known.includes(word)
      ? []
      : [
          {
            at,
            code: 'SP1312',
            message: `${service.name}: there is no ${what} ${word}`,
            hint: didYouMean(word, known) ?? 'declare it in stormport.yaml',
          },
        ]
  return [
    ...(service.extension.targets ?? []).flatMap((target, i) =>
      'name' in target
        ? unknown(['targets', i], target.name, names, 'target')
        : unknown(['targets', i, 'site'], target.site, sites, 'site'),
    ),
    ...Object.keys(service.extension.place.weights).flatMap((name) =>
      unknown(['place', 'weights', name], name, names, 'target'),
    ),
  ]
}

const namesServices = (service: Service, app: App): readonly Breach[] => {
  const unknown = (at: Path, word: string): readonly Breach[] =>
    app.services.some((other) => other.name === word)
      ? []
      : [
          {
            at,
            code: 'SP1327',
            message: `${service.name}: there is no service ${word}`,
            hint:
              didYouMean(
                word,
                app.services.map((other) => other.name),
              ) ?? 'name a service of this file',
          },
        ]
  return [
    ...service.extension.place.with.flatMap((name, i) => unknown(['place', 'with', i], name)),
    ...Object.keys(service.extension.reach).flatMap((name) => unknown(['reach', name], name)),
  ]
}

const counts = (service: Service, fleet: Fleet): readonly Breach[] => {
  const { place, singleton, autoscale } = service.extension
  const least = place.minPerTarget * allowedTargets(service, fleet)
  const wanted = autoscale?.max ?? service.replicas
  const breaches: Breach[] = []
  if (service.mode === 'replicated' && place.each === null && least > wanted) {
    breaches.push({
      at: ['place', 'minPerTarget'],
      code: 'SP1322',
      message: `${service.name}: ${place.minPerTarget} on each of ${allowedTargets(service, fleet)} targets is more than its ${wanted} replicas`,
      hint: `set replicas to ${least} or more, or name fewer targets`,
    })
  }
  if (singleton && wanted > 1) {
    breaches.push({
      at: ['singleton'],
      code: 'SP1332',
      message: `${service.name} is a singleton with ${wanted} replicas`,
      hint: 'set replicas to 1, or take singleton away',
    })
  }
  if (service.gpu !== null && service.gpu.share < 1 && service.gpu.sharing !== 'allow') {
    breaches.push({
      at: ['gpu', 'share'],
      code: 'SP1330',
      message: `${service.name} wants ${service.gpu.share} of a GPU, but does not allow sharing`,
      hint: 'add sharing: allow',
    })
  }
  return breaches
}

/** Targets that a service may run on. */
const allowedTargets = (service: Service, fleet: Fleet): number => {
  const { targets } = service.extension
  if (targets === null) return fleet.targets.length
  return fleet.targets.filter((target) =>
    targets.some((wanted) => ('name' in wanted ? wanted.name === target.name : wanted.site === target.site)),
  ).length
}

const autoscaling = (service: Service): readonly Breach[] => {
  const { autoscale } = service.extension
  if (autoscale === null) return []
  const breaches: Breach[] = []
  if (autoscale.min > autoscale.max)
    breaches.push({
      at: ['autoscale', 'min'],
      code: 'SP1315',
      message: `${service.name}: autoscale.min ${autoscale.min} is above max ${autoscale.max}`,
    })
  for (const metric of ['cpu', 'memory'] as const) {
    if (autoscale[metric] === null || service.stated[metric]) continue
    const key = metric === 'cpu' ? 'cpus' : 'memory'
    breaches.push({
      at: ['autoscale', metric],
      code: 'SP1321',
      message: `${service.name} scales by ${metric}, a share of what it reserves, but reserves none`,
      hint: `state deploy.resources.reservations.${key}`,
    })
  }
  return breaches
}

const exposure = (service: Service): readonly Breach[] =>
  service.extension.expose.flatMap((expose, i) =>
    expose.port === null && service.ports.length === 0 && service.expose.length === 0
      ? [
          {
            at: ['expose', i],
            code: 'SP1331',
            message: `${service.name}: expose ${expose.host} needs a port, and the service declares none`,
            hint: 'add port: to expose',
          },
        ]
      : [],
  )

const schedule = (service: Service): readonly Breach[] => {
  const written = service.extension.schedule
  if (written === null) return []
  try {
    new Cron(written.cron, { timezone: written.timezone, paused: true }).nextRun(new Date(0))
    return []
  } catch (error) {
    return [
      {
        at: ['schedule'],
        code: 'SP1333',
        message: `${service.name}: ${error instanceof Error ? error.message : 'the schedule cannot be read'}`,
        hint: 'write a cron expression such as "0 3 * * *" and a time zone such as Europe/Berlin',
      },
    ]
  }
}

/** A file from elsewhere (an include, an extends) must not start processes on this machine. */
const process = (service: Service, { loaded, files }: AppCheckInput): readonly Breach[] => {
  if (service.extension.process === null) return []
  const span = loaded.positions.span(['services', service.name, 'x-stormport', 'process'])
  if (span === undefined || rootsOf(loaded).some((root) => isInside(root, span.file, { loaded, files }))) return []
  return [
    {
      at: ['process'],
      code: 'SP1323',
      message: `${service.name} asks for a host process from a file outside the project root ${loaded.projectRoot}`,
      hint: 'move the key into a file of the project, or widen --project-root',
    },
  ]
}

const rootsOf = (loaded: LoadedProject): readonly string[] => [loaded.projectRoot, ...(loaded.roots ?? [])]

const isInside = (root: string, file: string, { loaded, files }: Pick<AppCheckInput, 'loaded' | 'files'>): boolean => {
  const absolute = resolve(loaded.workingDir, file)
  const below = relative(files.realpath(root) ?? root, files.realpath(absolute) ?? absolute)
  return below !== '..' && !below.startsWith(`..${sep}`) && !isAbsolute(below)
}
