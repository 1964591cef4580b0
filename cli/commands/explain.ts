// explain: what a code means and what to do about it; what exit codes mean; without a word, all codes.
import { closest } from '../../core/config/suggest.ts'
import { StormportError } from '../../core/errors.ts'
import { codes } from '../../core/model/codes/index.ts'
import type { Run } from '../call.ts'
import type { Context } from '../context.ts'
import { exitCodes } from '../exit-codes.ts'
import { renderTable } from '../render/table.ts'

export const run: Run = async ({ context, args }) => {
  const topic = args[0]
  if (topic === undefined) listCodes(context)
  else if (topic === 'exit-codes') listExitCodes(context)
  else explain(context, topic.toUpperCase())
  return 0
}

const listCodes = (context: Context): void => {
  if (context.options.json) context.document({ codes })
  else
    context.print(
      renderTable(
        ['CODE', 'TITLE'],
        Object.entries(codes)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([code, text]) => [code, text.title]),
        context.style.out,
      ),
    )
}

const listExitCodes = (context: Context): void => {
  if (context.options.json) context.document({ exitCodes })
  else
    context.print(
      renderTable(
        ['EXIT', 'MEANING'],
        exitCodes.map(({ code, meaning }) => [code, meaning]),
        context.style.out,
      ),
    )
}

const explain = (context: Context, code: string): void => {
  const text = codes[code]
  if (text === undefined) {
    const near = closest(code, Object.keys(codes))
    throw new StormportError('NotFound', `there is no code ${code}`, {
      diagnostic: 'SP1503',
      source: 'user',
      hint: near === null ? 'stormport explain lists all codes' : `did you mean ${near}?`,
    })
  }
  if (context.options.json) context.document({ code, ...text })
  else
    context.print(
      `${context.style.out.bold(`${code}  ${text.title}`)}\n\n${text.meaning}\n\n${context.style.out.bold('What to do:')} ${text.remedy}`,
    )
}
