// Brings env_file and label_file into the services: their values go under what the service itself says.
import { resolve } from 'node:path'
import { type Dotenv, parseDotenv } from './dotenv.ts'
import { own } from './environment.ts'
import { isMap, isText, listAt, type MapNode, map, type Node, text, textAt } from './node.ts'
import { parseRawEnv } from './raw-env.ts'
import type { Environment, Session } from './session.ts'

/** Takes env_file away, as its values are in the environment then; label_file stays named. */
export const resolveContainerFiles = (session: Session, container: MapNode, env: Environment): void => {
  resolveEnvironment(session, container, env)
  resolveLabels(session, container)
  const hooks = listAt(container, 'pre_start')
  for (const hook of hooks?.items ?? []) {
    if (!isMap(hook)) continue
    if (hook.entries.has('environment') || hook.entries.has('env_file')) resolveEnvironment(session, hook, env)
    resolveLabels(session, hook)
  }
}

const resolveEnvironment = (session: Session, container: MapNode, env: Environment): void => {
  const given = container.entries.get('environment')
  const stated = isMap(given) ? resolved(given, env) : map([], container)
  const values = new Map([...stated.entries].filter(([, value]) => value.kind !== 'null'))
  for (const file of listAt(container, 'env_file')?.items ?? []) {
    const inherit = (name: string): string | undefined => own(env, name) ?? textAt(stated, name)
    const base = (name: string): string | undefined => inherit(name) ?? textOf(values.get(name))
    readInto(session, { file, values, inherit, base })
  }
  for (const [key, value] of stated.entries) values.set(key, value)
  container.entries.delete('env_file')
  if (values.size > 0) container.entries.set('environment', map(values, stated))
}

const resolved = (environment: MapNode, env: Environment): MapNode =>
  map(
    [...environment.entries].map(([key, value]) => {
      const found = value.kind === 'null' ? own(env, key) : undefined
      if (found === undefined) return [key, value] as const
      return [key, { ...text(found, value), origin: { kind: 'environment', variable: key } as const }] as const
    }),
    environment,
  )

const textOf = (node: Node | undefined): string | undefined => (isText(node) ? node.value : undefined)

interface Reading {
  readonly file: Node
  readonly values: Map<string, Node>
  readonly inherit: (name: string) => string | undefined
  readonly base: (name: string) => string | undefined
}

const readInto = (session: Session, reading: Reading): void => {
  // An empty path, from a variable without a value, names a file that does not exist.
  const path = textAt(reading.file, 'path') ?? ''
  const required = isMap(reading.file) ? reading.file.entries.get('required') : undefined
  // After decoding, true is left out and false is said.
  const optional = required?.kind === 'bool' && !required.value
  const content = readSideFile(session, { path, at: reading.file, optional, code: 'SP1010' })
  if (content === undefined) return
  const parsed = parse(content, textAt(reading.file, 'format') ?? '', reading)
  if ('fault' in parsed) {
    const { line, message } = parsed.fault
    session.findings.error('SP1008', `${path}:${line}: ${message}`, { at: reading.file.at })
    return
  }
  for (const { key, value } of parsed.variables) {
    reading.values.set(key, { ...text(value, reading.file), origin: { kind: 'envFile', file: path } })
  }
}

const parse = (content: string, format: string, reading: Reading): Dotenv => {
  if (format === '') return parseDotenv(content, reading.inherit, reading.base)
  if (format === 'raw') return parseRawEnv(content, reading.inherit)
  return { fault: { line: 1, message: `the format ${format} is not known; write raw or leave it out` } }
}

interface SideFile {
  readonly path: string
  readonly at: Node
  readonly optional: boolean
  readonly code: 'SP1010' | 'SP1008'
}

const readSideFile = (session: Session, side: SideFile): string | undefined => {
  const path = resolve(session.cwd, side.path)
  const kind = side.path === '' ? undefined : session.files.exists(path)
  if (kind === undefined && side.optional) return undefined
  if (!session.confinement.allows(path, side.at.at)) return undefined
  const content = kind === 'file' ? session.files.read(path) : undefined
  if (content === undefined) {
    const why = kind === 'directory' ? 'is a folder' : 'does not exist'
    const hint = side.code === 'SP1010' ? 'create it, or write { path, required: false }' : 'create it'
    session.findings.error(side.code, `${side.path === '' ? 'a file without a name' : side.path} ${why}`, {
      at: side.at.at,
      hint,
    })
  }
  return content
}

const resolveLabels = (session: Session, container: MapNode): void => {
  const files = listAt(container, 'label_file')?.items ?? []
  if (files.length === 0) return
  const labels = new Map<string, Node>()
  for (const file of files) {
    if (!isText(file)) continue
    const content = readSideFile(session, { path: file.value, at: file, optional: false, code: 'SP1008' })
    const lookup = (name: string): string | undefined => textOf(labels.get(name))
    const parsed = content === undefined ? undefined : parseDotenv(content, lookup)
    if (parsed === undefined) continue
    if ('fault' in parsed) {
      session.findings.error('SP1008', `${file.value}:${parsed.fault.line}: ${parsed.fault.message}`, { at: file.at })
      continue
    }
    for (const { key, value } of parsed.variables) {
      labels.set(key, { ...text(value, file), origin: { kind: 'envFile', file: file.value } })
    }
  }
  const given = container.entries.get('labels')
  if (isMap(given)) for (const [key, value] of given.entries) labels.set(key, value)
  if (labels.size > 0) container.entries.set('labels', map(labels, container))
}
