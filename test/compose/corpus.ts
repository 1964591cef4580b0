// The corpus of Compose files: small cases by topic, written as text. `### name` opens a case, `@ path` a file in it,
// `@args {json}` says how the loader is called. Every case lives in a folder of its own named app.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface CaseArgs {
  readonly files?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly envFiles?: readonly string[]
  readonly profiles?: readonly string[]
  readonly projectName?: string
  /** Folder below the case's own from which the loader is called; default 'app'. */
  readonly from?: string
}

export interface Case {
  readonly name: string
  readonly topic: string
  /** Path below the case's folder → text. */
  readonly files: Readonly<Record<string, string>>
  readonly args: CaseArgs
}

const FOLDER = join(import.meta.dirname, 'corpus')

export const topics = (): readonly string[] =>
  readdirSync(FOLDER)
    .filter((file) => file.endsWith('.txt'))
    .map((file) => file.slice(0, -'.txt'.length))
    .sort()

export const readTopic = (topic: string): readonly Case[] => {
  const text = readFileSync(join(FOLDER, `${topic}.txt`), 'utf8')
  return text
    .split(/^### /m)
    .slice(1)
    .map((block) => parseCase(topic, block))
}

const parseCase = (topic: string, block: string): Case => {
  const end = block.indexOf('\n')
  const name = block.slice(0, end).trim()
  const files: Record<string, string> = {}
  let args: CaseArgs = {}
  for (const part of block
    .slice(end + 1)
    .split(/^@/m)
    .slice(1)) {
    const line = part.indexOf('\n')
    const head = part.slice(0, line).trim()
    if (head.startsWith('args')) args = JSON.parse(head.slice('args'.length)) as CaseArgs
    else files[join('app', head)] = part.slice(line + 1)
  }
  return { name, topic, files, args }
}

export const allCases = (): readonly Case[] => topics().flatMap(readTopic)
