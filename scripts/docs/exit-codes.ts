// docs/exit-codes.md: what the exit status means, and which errors end with it.
import { exitCodes } from '../../cli/exit-codes.ts'
import { EXITS, WORST_FIRST } from '../../core/errors.ts'
import { GENERATED, page, table } from './markdown.ts'

export const exitCodesPage = (): string =>
  page(
    '# Exit codes',
    `Scripts may rely on these; \`stormport explain exit-codes\` prints them. ${GENERATED}`,
    table(
      ['exit', 'meaning', 'errors'],
      exitCodes.map(({ code, meaning }) => [code, meaning, errorsOf(Number(code))]),
    ),
    `Where several apply, the worst wins, in the order ${WORST_FIRST.join(', ')}. The errors are the values of \`code\` of a \`StormportError\` of the library.`,
  )

const errorsOf = (exit: number): string =>
  Object.entries(EXITS)
    .filter(([, status]) => status === exit)
    .map(([code]) => `\`${code}\``)
    .join(' ')
