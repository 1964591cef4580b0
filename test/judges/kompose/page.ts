// The page docs/kompose.md out of what was measured.
import type { Fate, Measured } from './measure.ts'

export interface Tried {
  readonly tool: string
  readonly measured: Measured
}

export interface Corpus {
  readonly name: string
  readonly what: string
  readonly tried: readonly Tried[]
}

export interface PageFacts {
  readonly date: string
  readonly kompose: string
  /** null: no server was asked. */
  readonly kubernetes: string | null
  readonly command: string
  readonly corpora: readonly Corpus[]
}

const row = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`

const table = (head: readonly string[], rows: readonly (readonly (string | number)[])[]): string =>
  [row(head), row(head.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(row)].join('\n')

const total = ({ fates }: Measured, fate: Fate): number => [...fates.values()].reduce((sum, one) => sum + one[fate], 0)

const ROWS: readonly (readonly [string, (m: Measured) => number])[] = [
  ['files', (m) => m.files],
  ['files converted', (m) => m.files - m.refusedFiles],
  ['files refused, with the reason', (m) => m.refusedFiles],
  ['objects', (m) => m.objects],
  ['objects that the server refuses', (m) => m.refusedObjects],
  ['files with such an object', (m) => m.filesWithRefusedObjects],
  ['pods', (m) => m.pods],
  ['pods that violate `restricted`', (m) => m.violatesRestricted],
  ['pods that violate `baseline`', (m) => m.violatesBaseline],
  ['fields kept', (m) => total(m, 'kept')],
  ['fields without effect, said so', (m) => total(m, 'said')],
  ['**fields lost in silence**', (m) => total(m, 'silent')],
  ['fields for which a file is refused', (m) => total(m, 'refused')],
  ['fields of files refused for another field', (m) => total(m, 'beside')],
]

/** Only a server can tell these. */
const SERVER = /server refuses|such an object|^pods/

const corpusSection = ({ name, what, tried }: Corpus): string =>
  [
    `## ${name}`,
    '',
    what,
    '',
    table(
      ['', ...tried.map(({ tool }) => tool)],
      ROWS.filter(([label]) => !SERVER.test(label) || tried.every((one) => one.measured.serverAsked)).map(
        ([label, of]) => [label, ...tried.map(({ measured }) => of(measured))],
      ),
    ),
    '',
  ].join('\n')

/** Fields that some tool loses in silence, over all corpora. */
const lostSection = (corpora: readonly Corpus[]): string => {
  const tools = corpora[0]?.tried.map(({ tool }) => tool) ?? []
  const lost = new Map<string, number[]>()
  for (const { tried } of corpora)
    for (const [i, { measured }] of tried.entries())
      for (const [field, fates] of measured.fates) {
        const counts = lost.get(field) ?? tools.map(() => 0)
        counts[i] = (counts[i] ?? 0) + fates.silent
        lost.set(field, counts)
      }
  const rows = [...lost]
    .filter(([, counts]) => counts.some((count) => count > 0))
    .sort(([a, left], [b, right]) => sum(right) - sum(left) || (a < b ? -1 : 1))
    .map(([field, counts]) => [`\`${field}\``, ...counts])
  return [
    '## Lost in silence, field by field',
    '',
    'In how many files the field makes no difference to the objects and nothing is said about it.',
    '',
    table(['field', ...tools], rows),
    '',
  ].join('\n')
}

const sum = (counts: readonly number[]): number => counts.reduce((all, one) => all + one, 0)

const SERVER_WORDS = [
  'The server is asked by a dry run with `fieldValidation=Strict`, each object in a namespace without restrictions, each',
  'pod (or the pod that a workload would make) in one that enforces `restricted` and in one that enforces `baseline`.',
  'Stormport gives every namespace the strictest level that its pods meet, and says in the plan what keeps it from',
  '`restricted`.',
  '',
]

export const komposePage = (facts: PageFacts): string =>
  [
    '# Stormport and kompose on the same files',
    '',
    `Measured on ${facts.date} with kompose ${facts.kompose} ${facts.kubernetes === null ? 'without a server' : `against an API server of Kubernetes ${facts.kubernetes}`}.`,
    `Written by \`${facts.command}\`; nothing on this page is typed by hand.`,
    '',
    'Both tools read the same file: the canonical form of the Compose project, as `docker compose config` would print it.',
    'A field counts once a file. It is taken out of every service (and, where what is written could be what a tool does',
    'anyway, also set to another value), and the file is converted again. **Kept**: the objects differ. That is an upper',
    'bound: a difference need not be the right one. **Said**: the objects are the same, and the messages are not. **Lost in',
    'silence**: neither differs. A field also lands there where it asks for what the tool does anyway (`cap_drop: [ALL]` of',
    'a user who is not root), says again what another field says (`mem_limit` beside `deploy.resources.limits.memory`) or',
    'says nothing (an empty mapping, a health check that is disabled); `test/tiers/judges/silent.test.ts` lists each one of',
    'Stormport by its file, with the reason. For Stormport the order in which objects are sent, what is waited for, what is',
    'built first and what is done on failure count as part of them, for that is where `depends_on`, `build` and',
    '`failure_action` are kept.',
    'A refused file has no objects, and no option to accept a loss is set. Keys that begin with `x-` are not counted, nor is',
    'what is taken up when the file is read or is meant for development (`profiles`, `extends`, `label_file`, `develop`).',
    '',
    ...(facts.kubernetes === null ? [] : SERVER_WORDS),
    ...facts.corpora.map(corpusSection),
    lostSection(facts.corpora),
  ].join('\n')
