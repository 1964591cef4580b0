// BuildKit's progress comes as protocol buffers inside the engine's JSON lines. Only three messages are read: steps, their
// output and their errors; everything else is skipped by its length.

export interface TraceStep {
  readonly digest: string
  readonly name: string
  readonly cached: boolean
  readonly done: boolean
  readonly error: string
}

export interface TraceLog {
  readonly step: string
  readonly text: string
}

export interface Trace {
  readonly steps: readonly TraceStep[]
  readonly logs: readonly TraceLog[]
}

type Value = number | Uint8Array

/** Field numbers of moby.buildkit.v1 StatusResponse, Vertex and VertexLog. */
export const decodeTrace = (base64: string): Trace => {
  const fields = fieldsOf(Buffer.from(base64, 'base64'))
  return { steps: messages(fields, 1).map(stepOf), logs: messages(fields, 3).map(logOf) }
}

const stepOf = (fields: Fields): TraceStep => ({
  digest: text(fields, 1),
  name: text(fields, 3),
  cached: fields.get(4)?.[0] === 1,
  done: fields.has(6),
  error: text(fields, 7),
})

const logOf = (fields: Fields): TraceLog => ({ step: text(fields, 1), text: text(fields, 4) })

type Fields = ReadonlyMap<number, readonly Value[]>

const messages = (fields: Fields, number: number): readonly Fields[] =>
  (fields.get(number) ?? []).filter((value) => typeof value !== 'number').map(fieldsOf)

const text = (fields: Fields, number: number): string => {
  const value = fields.get(number)?.at(-1)
  return value === undefined || typeof value === 'number' ? '' : new TextDecoder().decode(value)
}

const fieldsOf = (bytes: Uint8Array): Fields => {
  const fields = new Map<number, Value[]>()
  let at = 0
  while (at < bytes.length) {
    const key = varint(bytes, at)
    at = key.next
    const { value, next } = valueAt(bytes, at, key.value & 7)
    at = next
    const number = key.value >>> 3
    fields.set(number, [...(fields.get(number) ?? []), value])
  }
  return fields
}

const valueAt = (bytes: Uint8Array, at: number, wireType: number): { readonly value: Value; readonly next: number } => {
  switch (wireType) {
    case 0:
      return varint(bytes, at)
    case 1:
      return { value: bytes.subarray(at, at + 8), next: at + 8 }
    case 2: {
      const length = varint(bytes, at)
      return { value: bytes.subarray(length.next, length.next + length.value), next: length.next + length.value }
    }
    case 5:
      return { value: bytes.subarray(at, at + 4), next: at + 4 }
    default:
      // Unknown from here on: what was read so far still helps.
      return { value: 0, next: bytes.length }
  }
}

const varint = (bytes: Uint8Array, from: number): { readonly value: number; readonly next: number } => {
  let value = 0
  let factor = 1
  let at = from
  for (; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0
    value += (byte & 0x7f) * factor
    factor *= 128
    if (byte < 0x80) return { value, next: at + 1 }
  }
  return { value, next: at }
}
