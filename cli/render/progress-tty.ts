// The live table on a terminal: rows are redrawn in place, at most ten times a second, never wider than the window, so
// that a redraw always erases exactly what was drawn.
import type { Terminal } from '../world.ts'
import type { Progress, ProgressRow } from './progress-model.ts'
import type { Style } from './style.ts'
import { seenWidth } from './table.ts'
import { took } from './time.ts'

export const REDRAW_MS = 100

export interface LiveTable {
  /** Draws the state over what stands there. */
  draw(progress: Progress, now: number): void
  /** Takes the table away, so that text can be written. */
  clear(): void
  /** Leaves it where it is: the next drawing starts below. */
  forget(): void
}

export const createLiveTable = (terminal: Pick<Terminal, 'write' | 'columns' | 'rows'>, style: Style): LiveTable => {
  let drawn = 0
  const erase = (): string => (drawn === 0 ? '' : `\u001b[${drawn}A\u001b[0J`)
  return {
    draw: (progress, now) => {
      const lines = fitting(progress, terminal.rows - 1, (shown) => frame(shown, now, style)).map((line) =>
        cut(line, terminal.columns - 1),
      )
      terminal.write(`${erase()}${lines.map((line) => `${line}\n`).join('')}`)
      drawn = lines.length
    },
    clear: () => {
      if (drawn > 0) terminal.write(erase())
      drawn = 0
    },
    forget: () => {
      drawn = 0
    },
  }
}

/** What does not fit on the screen cannot be erased again: settled rows give way first, then the last ones, in one line. */
const fitting = (progress: Progress, rows: number, draw: (shown: Progress) => readonly string[]): readonly string[] => {
  if (progress.rows.length <= rows) return draw(progress)
  const open = progress.rows.filter((row) => row.state !== 'settled').slice(0, Math.max(0, rows - 1))
  const settled = progress.rows.filter((row) => row.state === 'settled').length
  const hidden = progress.rows.length - open.length
  return [...draw({ ...progress, rows: open }), ` and ${hidden} more, ${settled} of them ready`]
}

/** The lines of one picture. */
export const frame = (progress: Progress, now: number, style: Style): readonly string[] => {
  const widths = { target: widest(progress, 'target'), service: widest(progress, 'service') }
  return progress.rows.map((row) => rowLine(row, { widths, style, startedMs: progress.startedMs, now }))
}

interface RowView {
  readonly widths: { readonly target: number; readonly service: number }
  readonly style: Style
  readonly startedMs: number
  readonly now: number
}

const rowLine = (row: ProgressRow, { widths, style, startedMs, now }: RowView): string => {
  const count = `${row.ready}/${row.desired ?? '?'}`.padEnd(5)
  const time = took((row.state === 'settled' ? row.changedMs : now) - startedMs)
  const note = row.state === 'settled' ? 'ready' : row.note
  return ` ${sign(row, style)} ${row.target.padEnd(widths.target)}  ${row.service.padEnd(widths.service)}  ${count} ${style.dim(time.padStart(5))}  ${note}`
}

const sign = (row: ProgressRow, style: Style): string => {
  if (row.state === 'settled') return style.green(style.symbols.done)
  return row.state === 'failed' ? style.red(style.symbols.failed) : style.yellow(style.symbols.waiting)
}

const widest = (progress: Progress, field: 'target' | 'service'): number =>
  Math.max(0, ...progress.rows.map((row) => row[field].length))

/** Colours take no room; what is cut off loses them too, so that no colour runs on. */
export const cut = (line: string, width: number): string => {
  if (seenWidth(line) <= width) return line
  return [...line.replaceAll(/\u001b\[[0-9;]*m/g, '')].slice(0, Math.max(0, width - 1)).join('')
}
