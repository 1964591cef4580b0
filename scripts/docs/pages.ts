// The pages of docs/ that are written from the code's own tables, by path.
import { codesPage } from './codes.ts'
import { composeFieldsPage } from './compose-fields.ts'
import { composeFieldsKubernetesPage } from './compose-fields-kubernetes.ts'
import { exitCodesPage } from './exit-codes.ts'

export const pages = (): Readonly<Record<string, string>> => ({
  'docs/codes.md': codesPage(),
  'docs/compose-fields.md': composeFieldsPage(),
  'docs/compose-fields-kubernetes.md': composeFieldsKubernetesPage(),
  'docs/exit-codes.md': exitCodesPage(),
})
