// Columns of text that line up. The last column takes what is left of the width and wraps below itself.
import type { Style } from './style.ts'

const GAP = '  '
const MIN_LAST = 20

/** Cells may hold colours; their width is what is seen. */
export const renderTable = (header: readonly string[], rows: readonly (readonly string[])[], style: Style): string => {
  const all = [header.map(style.dim), ...rows]
  const widths = header.map((_, column) => Math.max(...all.map((row) => seenWidth(row[column] ?? ''))))
  const before = widths.slice(0, -1).reduce((sum, width) => sum + width + GAP.length, 0)
  const last = style.width === null ? Number.POSITIVE_INFINITY : Math.max(MIN_LAST, style.width - before)
  return all.map((row) => renderRow(row, widths, { before, last })).join('\n')
}

const renderRow = (
  row: readonly string[],
  widths: readonly number[],
  space: { readonly before: number; readonly last: number },
): string => {
  const cells = row
    .slice(0, -1)
    .map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - seenWidth(cell))))
  const wrapped = wrap(row.at(-1) ?? '', space.last)
  const lines = wrapped.map((part, index) =>
    index === 0 ? [...cells, part].join(GAP) : ' '.repeat(space.before) + part,
  )
  return lines.map((line) => line.trimEnd()).join('\n')
}

export const seenWidth = (text: string): number => [...text.replaceAll(/\u001b\[[0-9;]*m/g, '')].length

/** Breaks at spaces; a word that is longer than the width stays whole. Coloured text is not broken. */
export const wrap = (text: string, width: number): readonly string[] => {
  if (seenWidth(text) <= width || text.includes('\u001b')) return [text]
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && seenWidth(last) + 1 + seenWidth(word) <= width)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
