// Image references → digests, before planning: every registry in parallel, none waited for longer than its time.
import { type ErrorCode, isStormportError } from '../../errors.ts'
import { type ImageReference, parseImageReference } from '../../model/image-reference.ts'
import type { ImageFacts } from '../../model/native-object.ts'
import type { Images, RegistryCredentials, ResolvedImage } from '../../ports.ts'
import { imageConfig } from './image-config.ts'
import { manifestDigest } from './manifest.ts'

export interface ImagesOptions {
  readonly credentials: RegistryCredentials
  /** What the engines of this machine hold; asked first where every target is here, else null. */
  readonly local: Images | null
  readonly registryMs?: number
  readonly totalMs?: number
}

const REGISTRY_MS = 2_000
const TOTAL_MS = 5_000
/** More at once is what registries throttle. */
const AT_ONCE = 6

export const createImages = (options: ImagesOptions): Images => ({
  describe: async (references, signal) => {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(options.totalMs ?? TOTAL_MS)])
    const groups = [...byRegistry([...new Set(references)]).values()]
    const found = await Promise.all(groups.map((group) => describeGroup(options, group, limit)))
    signal.throwIfAborted()
    return Object.fromEntries(found.flat())
  },
  resolve: async (references, signal) => {
    const wanted = [...new Set(references)]
    const present = await heldHere(options.local, wanted, signal)
    const known = new Map(present.map((answer) => [answer.reference, answer]))
    const limit = AbortSignal.any([signal, AbortSignal.timeout(options.totalMs ?? TOTAL_MS)])
    const groups = byRegistry(wanted.filter((reference) => !known.has(reference)))
    const answers = await Promise.all([...groups.values()].map((group) => askRegistry(options, group, limit)))
    for (const answer of answers.flat()) known.set(answer.reference, answer)
    signal.throwIfAborted()
    return references.map((reference) => known.get(reference) ?? invalid(reference))
  },
})

/** An engine that does not answer is no reason to fail here: the registry may know. */
const heldHere = async (
  local: Images | null,
  wanted: readonly string[],
  signal: AbortSignal,
): Promise<readonly ResolvedImage[]> => {
  if (local === null) return []
  const answers = await local.resolve(wanted, signal).catch((): readonly ResolvedImage[] => [])
  return answers.filter((answer) => answer.error === null)
}

interface Wanted {
  readonly text: string
  readonly reference: ImageReference
}

const byRegistry = (references: readonly string[]): ReadonlyMap<string, readonly Wanted[]> => {
  const parsed = references.flatMap((text): Wanted[] => {
    const reference = parseImageReference(text)
    return reference === undefined ? [] : [{ text, reference }]
  })
  return Map.groupBy(parsed, ({ reference }) => reference.registry)
}

const askRegistry = async (
  options: ImagesOptions,
  group: readonly Wanted[],
  limit: AbortSignal,
): Promise<readonly ResolvedImage[]> => {
  const signal = AbortSignal.any([limit, AbortSignal.timeout(options.registryMs ?? REGISTRY_MS)])
  const queue = group.values()
  const answers: ResolvedImage[] = []
  const worker = async (): Promise<void> => {
    for (const wanted of queue) answers.push(await askOne(wanted, options.credentials, signal))
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, group.length) }, worker))
  return answers
}

/** What cannot be read, for whatever reason, is not known: nothing stands on it but hardening. */
const describeGroup = async (
  { credentials, registryMs }: ImagesOptions,
  group: readonly Wanted[],
  limit: AbortSignal,
): Promise<readonly (readonly [string, ImageFacts])[]> => {
  const signal = AbortSignal.any([limit, AbortSignal.timeout(registryMs ?? REGISTRY_MS)])
  const queue = group.values()
  const found: (readonly [string, ImageFacts])[] = []
  const worker = async (): Promise<void> => {
    for (const { text, reference } of queue) {
      const facts = await imageConfig(reference, credentials, signal).catch(() => null)
      if (facts !== null) found.push([text, facts])
    }
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, group.length) }, worker))
  return found
}

const askOne = async (
  { text, reference }: Wanted,
  credentials: RegistryCredentials,
  signal: AbortSignal,
): Promise<ResolvedImage> => {
  if (reference.digest !== null) return { reference: text, digest: reference.digest, error: null }
  try {
    return { reference: text, digest: await manifestDigest(reference, credentials, signal), error: null }
  } catch (error) {
    const code: ErrorCode = isStormportError(error) ? error.code : 'Unreachable'
    const message = isStormportError(error) ? error.message : `${reference.registry} gave no usable answer`
    return { reference: text, digest: null, error: { code, message } }
  }
}

const invalid = (reference: string): ResolvedImage => ({
  reference,
  digest: null,
  error: { code: 'InvalidSpec', message: `${reference} is not an image name` },
})
