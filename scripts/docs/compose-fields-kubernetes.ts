// docs/compose-fields-kubernetes.md: what becomes of each field of a Compose service on a cluster, out of the table that
// judges them.
import { kubernetesCodes } from '../../core/model/codes/kubernetes.ts'
import { FIELD_TABLE, type FieldVerdict } from '../../providers/kubernetes/verdicts/table.ts'
import { GENERATED, page, table } from './markdown.ts'

export const composeFieldsKubernetesPage = (): string =>
  page(
    '# Compose fields on Kubernetes targets',
    `No field is dropped in silence. **faithful**: does what Compose says. **by value**: what stands in it decides, and a note or a refusal says so. **approximated**: works a little differently, and a note says how. **refused**: would be lost, so the file is refused unless the service takes the loss with \`x-stormport: { accept: [SP1201] }\`, narrowed as \`SP1201@target:field\`. ${GENERATED}`,
    table(
      ['field', 'verdict', 'becomes'],
      [...FIELD_TABLE]
        .sort((a, b) => (a.field < b.field ? -1 : 1))
        .map(({ field, verdict }) => [`\`${field}\``, WORDS[verdict.kind], textOf(verdict)]),
    ),
    '## By value',
    'Names, paths, networks, rights and doors are judged by what stands in them and by what the cluster has:',
    table(
      ['code', 'about', 'meaning'],
      Object.entries(kubernetesCodes)
        .filter(([code]) => code.startsWith('SP12'))
        .map(([code, { title, meaning }]) => [code, title, meaning]),
    ),
  )

const WORDS = { faithful: 'faithful', depends: 'by value', approximated: 'approximated', refused: 'refused' } as const

const textOf = (verdict: FieldVerdict): string => {
  switch (verdict.kind) {
    case 'faithful':
    case 'depends':
      return verdict.as
    case 'approximated':
      return verdict.note
    case 'refused':
      return `${verdict.why} (${verdict.remedy})`
    default:
      return verdict satisfies never
  }
}
