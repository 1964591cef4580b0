// What an image says of itself: the user that it runs as and the signal that stops it. Read by digest alone, and every
// answer is checked against the digest that named it: a registry in the middle cannot make a container look harmless.
import { createHash } from 'node:crypto'
import type { ImageReference } from '../../model/image-reference.ts'
import type { ImageFacts } from '../../model/native-object.ts'
import type { RegistryCredentials } from '../../ports.ts'
import { openRegistry, type RegistryReader } from './manifest.ts'

const MANIFEST_BYTES = 4 * 1024 * 1024
const CONFIG_BYTES = 8 * 1024 * 1024

/** null: the answer is no image of this kind, or not what the digest promises. */
export const imageConfig = async (
  reference: ImageReference,
  credentials: RegistryCredentials,
  signal: AbortSignal,
): Promise<ImageFacts | null> => {
  if (reference.digest === null) return null
  const registry = await openRegistry(reference, credentials, signal)
  const manifest = await manifestOf(registry, reference.digest)
  const config = textAt(at(manifest, 'config'), 'digest')
  if (config === null) return null
  const blob = await checked(registry, 'blobs', { digest: config, maxBytes: CONFIG_BYTES })
  if (blob === null) return null
  const stated = at(blob, 'config')
  const [user, stopSignal] = [textAt(stated, 'User'), textAt(stated, 'StopSignal')]
  return { user: user ?? '', ...(stopSignal === null || stopSignal === '' ? {} : { stopSignal }) }
}

/** Of an index the image of the usual platform: the user is the same on all but the strangest. */
const manifestOf = async (registry: RegistryReader, digest: string): Promise<unknown> => {
  const found = await checked(registry, 'manifests', { digest, maxBytes: MANIFEST_BYTES })
  const list = at(found, 'manifests')
  if (!Array.isArray(list)) return found
  const usual = list.find((entry) => isPlatform(entry, 'amd64')) ?? list.find((entry) => isPlatform(entry, null))
  const inner = textAt(usual, 'digest')
  return inner === null ? null : checked(registry, 'manifests', { digest: inner, maxBytes: MANIFEST_BYTES })
}

const isPlatform = (entry: unknown, architecture: string | null): boolean => {
  const platform = at(entry, 'platform')
  return (
    textAt(platform, 'os') === 'linux' && (architecture === null || textAt(platform, 'architecture') === architecture)
  )
}

const checked = async (
  registry: RegistryReader,
  kind: 'manifests' | 'blobs',
  { digest, maxBytes }: { readonly digest: string; readonly maxBytes: number },
): Promise<unknown> => {
  const bytes = await registry.get(`${kind}/${digest}`, maxBytes)
  const real = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
  return real === digest ? JSON.parse(bytes.toString('utf8')) : null
}

const at = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined

const textAt = (value: unknown, key: string): string | null => {
  const found = at(value, key)
  return typeof found === 'string' ? found : null
}
