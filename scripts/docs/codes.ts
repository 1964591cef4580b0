// docs/codes.md: every diagnostic code, as `stormport explain CODE` says it.
import { type CodeText, codes } from '../../core/model/codes/index.ts'
import { GENERATED, page } from './markdown.ts'

export const codesPage = (): string =>
  page(
    '# Diagnostic codes',
    `Every finding carries a code; \`stormport explain CODE\` prints the same text. ${GENERATED}`,
    ...Object.entries(codes)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([code, text]) => section(code, text)),
  )

const section = (code: string, { title, meaning, remedy }: CodeText): string =>
  `## ${code}\n\n**${title}.** ${meaning}\n\nWhat to do: ${remedy}`
