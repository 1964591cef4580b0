// docs/compose-fields.md: what becomes of each field of a Compose service on a local target, for containers and for host
// processes, out of the table that judges them.
import { verdictCodes } from '../../core/model/codes/verdict.ts'
import { FIELD_TABLE, type FieldRow, type FieldVerdict } from '../../providers/local/verdict-table.ts'
import { GENERATED, page, table } from './markdown.ts'

type Driver = 'docker' | 'process'

const KINDS = ['faithful', 'approximated', 'refused'] as const

export const composeFieldsPage = (): string =>
  page(
    '# Compose fields on local targets',
    `No field is dropped in silence. **faithful**: does what Compose says. **approximated**: works a little differently, and a note says how. **refused**: would be lost, so the file is refused unless the service takes the loss with \`x-stormport: { accept: [SP1201] }\`, narrowed as \`SP1201@target:field\`. ${GENERATED}`,
    '## In short',
    summary(),
    '## Every field',
    table(
      ['field', 'container', 'host process', 'note'],
      [...FIELD_TABLE].sort(byField).map((row) => [code(row.field), row.docker.kind, row.process.kind, notesOf(row)]),
    ),
    '## By value',
    'Some fields are judged by what stands in them, or by what the machine can do:',
    table(
      ['code', 'about', 'meaning'],
      Object.entries(verdictCodes)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, { title, meaning }]) => [name, title, meaning]),
    ),
  )

const byField = (a: FieldRow, b: FieldRow): number => (a.field < b.field ? -1 : 1)

const code = (field: string): string => `\`${field}\``

const notesOf = (row: FieldRow): string => {
  const docker = noteOf(row.docker)
  const process = noteOf(row.process)
  if (docker === process) return docker
  return [docker && `container: ${docker}`, process && `host process: ${process}`].filter((part) => part).join('; ')
}

const noteOf = (verdict: FieldVerdict): string => {
  if (verdict.kind === 'faithful') return ''
  return verdict.kind === 'approximated' ? verdict.note : `${verdict.why} (${verdict.remedy})`
}

/** Counts of all fields, and the names wherever they are few. */
const summary = (): string =>
  table(
    ['verdict', 'container', 'host process'],
    KINDS.map((kind) => [kind, fieldsOf('docker', kind), fieldsOf('process', kind)]),
  )

const FEW = 24

const fieldsOf = (driver: Driver, kind: (typeof KINDS)[number]): string => {
  const fields = FIELD_TABLE.filter((row) => row[driver].kind === kind).map((row) => row.field)
  return fields.length > FEW ? `${fields.length} of ${FIELD_TABLE.length} fields` : fields.map(code).sort().join(', ')
}
