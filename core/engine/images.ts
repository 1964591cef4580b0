// Tags to digests before planning (DESIGN section 5, Images): not found is an error, no answer keeps what is known.
import type { App, Service } from '../model/app.ts'
import type { Diagnostic } from '../model/diagnostic.ts'
import type { Fleet } from '../model/fleet.ts'
import { runsAsProcess } from '../model/host-process.ts'
import type { ImageFacts } from '../model/native-object.ts'
import type { ResolvedImage } from '../ports.ts'
import type { EngineDeps } from './api.ts'

export interface ImageAnswer {
  readonly images: Readonly<Record<string, string>>
  readonly diagnostics: readonly Diagnostic[]
}

export interface ImageInput {
  readonly app: App
  readonly fleet: Fleet
  /** Service → image made by the builder. */
  readonly built: Readonly<Record<string, string>>
  /** Service → what the newest release runs. */
  readonly previous: Readonly<Record<string, string>>
  readonly resolve: boolean
  readonly requireDigests: boolean
}

export const resolveImages = async (input: ImageInput, deps: EngineDeps, signal: AbortSignal): Promise<ImageAnswer> => {
  const byService = namedImages(input.app, input.fleet, input.built)
  const references = distinct(byService)
  const answers = input.resolve && references.length > 0 ? await deps.images.resolve(references, signal) : []
  const known = new Map(answers.map((a) => [a.reference, a]))
  const images: Record<string, string> = { ...input.built }
  for (const [service, reference] of byService)
    images[service] = chosen(reference, known.get(reference), input.previous[service])
  return { images, diagnostics: findings(answers, byService, input) }
}

export interface DescribeInput {
  readonly app: App
  /** Service → image as it will run. */
  readonly images: Readonly<Record<string, string>>
  readonly fleet: Fleet
  readonly resolve: boolean
  /** Of the newest release: a digest says the same for ever. */
  readonly known: Readonly<Record<string, ImageFacts>>
}

/** Only clusters ask for it (security:), only what has a digest can be asked about, and only where the file leaves it open. */
export const describeImages = async (
  { app, images, fleet, resolve, known }: DescribeInput,
  deps: EngineDeps,
  signal: AbortSignal,
): Promise<Readonly<Record<string, ImageFacts>>> => {
  const wanted = [...new Set(Object.values(images))].filter((image) => image.includes('@')).sort()
  const stated = new Set(app.services.filter(statesWhatImagesSay).map((s) => s.name))
  const unsaid = new Set(Object.entries(images).flatMap(([service, image]) => (stated.has(service) ? [] : [image])))
  const open = wanted.filter((image) => known[image] === undefined && unsaid.has(image))
  const asks = resolve && open.length > 0 && fleet.targets.some((target) => target.provider !== 'local')
  const told = asks ? ((await deps.images.describe?.(open, signal)) ?? {}) : {}
  return Object.fromEntries(
    wanted.flatMap((image) => {
      const facts = known[image] ?? told[image]
      return facts === undefined ? [] : [[image, facts] as const]
    }),
  )
}

/** The user; and the signal of the image counts only beside one in the file. */
const statesWhatImagesSay = ({ compose, stop }: Service): boolean =>
  String(compose.user ?? '') !== '' && stop.signal === null

/** What the registries are asked for. */
export const wantedReferences = (app: App, fleet: Fleet, built: ImageInput['built']): readonly string[] =>
  distinct(namedImages(app, fleet, built))

const distinct = (byService: ReadonlyMap<string, string>): readonly string[] => [...new Set(byService.values())].sort()

/** Service → image that the file names and nobody here builds. */
const namedImages = (app: App, fleet: Fleet, built: ImageInput['built']): ReadonlyMap<string, string> =>
  new Map(
    app.services
      .filter((s) => needsImage(s, fleet))
      .flatMap((s) => (built[s.name] === undefined && s.image !== null ? [[s.name, s.image] as const] : [])),
  )

/** False when every target runs it as a host process. */
const needsImage = (service: Service, fleet: Fleet): boolean =>
  fleet.targets.some((target) => !runsAsProcess(service, target, { driver: null }))

const chosen = (reference: string, answer: ResolvedImage | undefined, previous: string | undefined): string => {
  if (answer?.digest) return reference.includes('@') ? reference : `${reference}@${answer.digest}`
  return previous !== undefined && previous.split('@')[0] === reference ? previous : reference
}

const findings = (
  answers: readonly ResolvedImage[],
  byService: ReadonlyMap<string, string>,
  input: ImageInput,
): readonly Diagnostic[] => {
  const missing = answers.filter((a) => a.error?.code === 'ImageNotFound')
  const silent = answers.filter((a) => a.error !== null && a.error.code !== 'ImageNotFound')
  const spanOf = (reference: string): Pick<Diagnostic, 'span'> => {
    const name = [...byService].find(([, r]) => r === reference)?.[0]
    const service = input.app.services.find((s) => s.name === name)
    const span = service?.spans['image'] ?? service?.span
    return span === undefined ? {} : { span }
  }
  const errors = missing.map(
    (a): Diagnostic => ({
      code: 'SP3201',
      severity: 'error',
      message: `image ${a.reference} was not found: ${a.error?.message ?? ''}`,
      hint: 'check name and tag, or push the image first',
      ...spanOf(a.reference),
    }),
  )
  if (silent.length === 0) return errors
  const names = silent.map((a) => a.reference).join(', ')
  const severity = input.requireDigests ? 'error' : 'warning'
  return [
    ...errors,
    {
      code: 'SP3202',
      severity,
      message: `no digest for ${names}: ${silent[0]?.error?.message ?? 'no answer'}; ${input.requireDigests ? 'a tag is not enough with --require-digests' : 'the tag is used'}`,
      hint: input.requireDigests
        ? 'sign in to the registry, or name the image by its digest'
        : 'sign in to the registry, or pass --no-resolve to say that tags are fine',
    },
  ]
}
