// Both tools over all files: what becomes of each field, and what an API server says of the objects and the pods.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Plane } from '../../clusters/index.ts'
import type { Case } from '../../compose/corpus.ts'
import { nodeFiles } from '../../compose/node-files.ts'
import { writeCase } from '../../compose/oracle.ts'
import { loadCase } from '../../compose/outcome.ts'
import { bodyRefusal, podOf, podRefusal } from '../dry-run.ts'
import { type Field, fieldsOf, type Project } from './fields.ts'
import { type Converted, canonicalText, ours, type Tool, type Where } from './tools.ts'

/** kept: it makes a difference to the objects. said: it makes none, and the tool says so. silent: it makes none, without a
 * word. refused: the file is refused for it. beside: the file is refused for something else. */
export type Fate = 'kept' | 'said' | 'silent' | 'refused' | 'beside'

export interface Measured {
  /** False where no server was at hand: then the counts of refused objects and of violations say nothing. */
  readonly serverAsked: boolean
  readonly files: number
  readonly refusedFiles: number
  readonly filesWithRefusedObjects: number
  readonly objects: number
  readonly refusedObjects: number
  readonly pods: number
  readonly violatesRestricted: number
  readonly violatesBaseline: number
  /** Field → fate → files. */
  readonly fates: ReadonlyMap<string, Readonly<Record<Fate, number>>>
}

export interface Prepared {
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
  readonly project: Project
  readonly fields: readonly Field[]
}

export interface Corpus {
  readonly files: readonly Prepared[]
  /** Takes the folders away. */
  remove(): void
}

/** The canonical form of every case that the loader takes, in a folder of its own. */
export const prepare = async (cases: readonly Case[]): Promise<Corpus> => {
  const root = mkdtempSync(join(tmpdir(), 'kompose-'))
  const files: Prepared[] = []
  for (const [i, source] of cases.entries()) {
    const folder = join(root, String(i))
    mkdirSync(folder)
    writeCase(source, folder)
    const { project } = loadCase(source, folder, { files: nodeFiles, unused: false })
    if (project === null) continue
    const canonical = JSON.parse(JSON.stringify(project)) as Project
    const where = { folder: join(folder, 'app'), env: source.args.env ?? {} }
    if ((await ours.convert(canonical, where)) === null) continue
    const prepared = { ...where, project: canonical, fields: fieldsOf(canonical) }
    files.push({ ...prepared, fields: await usable(prepared) })
  }
  return { files, remove: () => rmSync(root, { recursive: true, force: true }) }
}

/** Without what is no Compose file any more, and what says the same to the loader as before: neither tells about a tool. */
const usable = async ({ fields, project, ...where }: Prepared): Promise<readonly Field[]> => {
  const before = canonicalText(project, where)
  const differs = async (variant: Project): Promise<boolean> => {
    const after = canonicalText(variant, where)
    return after !== null && after !== before && (await ours.convert(variant, where)) !== null
  }
  const kept: Field[] = []
  for (const { name, variants } of fields) {
    const read = await Promise.all(variants.map(differs))
    const left = variants.filter((_, i) => read[i])
    if (left.length > 0) kept.push({ name, variants: left })
  }
  return kept
}

const UNJUDGED = { refused: 0, pods: 0, restricted: 0, baseline: 0 }

const NONE: Readonly<Record<Fate, number>> = { kept: 0, said: 0, silent: 0, refused: 0, beside: 0 }

export const measure = async (tool: Tool, files: readonly Prepared[], plane: Plane | null): Promise<Measured> => {
  const fates = new Map<string, Record<Fate, number>>()
  const sums = { files: 0, refusedFiles: 0, filesWithRefusedObjects: 0, objects: 0, refusedObjects: 0 }
  const pods = { pods: 0, violatesRestricted: 0, violatesBaseline: 0 }
  for (const { project, fields, ...where } of files) {
    const base = await tool.convert(project, where)
    if (base === null) throw new Error(`${tool.name} cannot read what the loader wrote in ${where.folder}`)
    sums.files++
    if (base.refused) sums.refusedFiles++
    for (const field of fields) {
      const fate = await fateOf(tool, base, { field, where })
      const counted = fates.get(field.name) ?? { ...NONE }
      counted[fate]++
      fates.set(field.name, counted)
    }
    const judged = plane === null ? UNJUDGED : await judge(base, plane)
    sums.objects += base.objects.length
    sums.refusedObjects += judged.refused
    if (judged.refused > 0) sums.filesWithRefusedObjects++
    pods.pods += judged.pods
    pods.violatesRestricted += judged.restricted
    pods.violatesBaseline += judged.baseline
  }
  return { serverAsked: plane !== null, ...sums, ...pods, fates }
}

interface Asked {
  readonly field: Field
  readonly where: Where
}

const fateOf = async (tool: Tool, base: Converted, { field, where }: Asked): Promise<Fate> => {
  let said = false
  for (const variant of field.variants) {
    const other = await tool.convert(variant, where)
    if (other === null) continue
    if (!base.refused && (other.refused || other.made !== base.made)) return 'kept'
    if (base.refused ? goes(base.errors, other.errors) : differ(base.said, other.said)) said = true
  }
  if (base.refused) return said ? 'refused' : 'beside'
  return said ? 'said' : 'silent'
}

const goes = (before: ReadonlySet<string>, after: ReadonlySet<string>): boolean =>
  [...before].some((line) => !after.has(line))

const differ = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean => goes(a, b) || goes(b, a)

const judge = async (converted: Converted, plane: Plane) => {
  const answers = await Promise.all(
    converted.objects.map(async (body) => {
      const refused = (await bodyRefusal(plane, body, 'privileged')) !== null
      if (podOf(body) === undefined) return { refused, pod: false, restricted: false, baseline: false }
      const violates = async (level: 'restricted' | 'baseline'): Promise<boolean> =>
        /violates PodSecurity/.test((await podRefusal(plane, body, level)) ?? '')
      return { refused, pod: true, restricted: await violates('restricted'), baseline: await violates('baseline') }
    }),
  )
  const count = (is: (answer: (typeof answers)[number]) => boolean): number => answers.filter(is).length
  return {
    refused: count((a) => a.refused),
    pods: count((a) => a.pod),
    restricted: count((a) => a.restricted),
    baseline: count((a) => a.baseline),
  }
}
