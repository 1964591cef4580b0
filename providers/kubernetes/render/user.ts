// Who a container runs as: `user:` of the file, else the image's own user where its configuration is known.
import type { ServiceSpec } from '../../../core/model/native-object.ts'
import type { RenderContext } from './context.ts'

export type ContainerUser =
  | { readonly kind: 'numeric'; readonly uid: number; readonly gid: number | null; readonly written: boolean }
  /** A name: only the image's own passwd file could say which number that is. */
  | { readonly kind: 'named'; readonly name: string; readonly written: boolean }
  | { readonly kind: 'unknown' }

export const userOf = ({ service, image }: ServiceSpec, context: RenderContext): ContainerUser => {
  const written = service.compose.user
  if (written !== undefined && written !== '') return parsed(String(written), true)
  const own = image === null ? undefined : context.facts.images[image]?.user
  if (own === undefined) return { kind: 'unknown' }
  return own === '' ? { kind: 'numeric', uid: 0, gid: null, written: false } : parsed(own, false)
}

const parsed = (text: string, written: boolean): ContainerUser => {
  if (text === 'root') return { kind: 'numeric', uid: 0, gid: null, written }
  const match = /^(\d+)(?::(\d+))?$/.exec(text)
  if (match === null) return { kind: 'named', name: text, written }
  return { kind: 'numeric', uid: Number(match[1]), gid: match[2] === undefined ? null : Number(match[2]), written }
}

export const isNonRoot = (user: ContainerUser): boolean => user.kind === 'numeric' && user.uid !== 0
