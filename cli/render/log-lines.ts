// One log line with the replica that wrote it in front. The column grows with the longest name seen so far.
import type { LogLine } from '../../core/model/replica.ts'
import { plainText } from './plain-text.ts'
import type { Style } from './style.ts'

export interface LogView {
  readonly style: Style
  readonly timestamps: boolean
  /** Lines of several targets come: each names its own. */
  readonly several: boolean
}

export const createLogLines = ({ style, timestamps, several }: LogView): ((line: LogLine) => string) => {
  const paints = [style.cyan, style.green, style.yellow]
  const colors = new Map<string, (text: string) => string>()
  let width = 0
  return (line) => {
    const replica = line.slot === null ? `${line.service} ${line.replica.slice(0, 12)}` : `${line.service}.${line.slot}`
    const name = several ? `${replica} ${line.target}` : replica
    width = Math.max(width, name.length)
    const paint = colors.get(name) ?? paints[colors.size % paints.length] ?? style.cyan
    colors.set(name, paint)
    const time = timestamps ? `${line.at} ` : ''
    return `${time}${paint(name.padEnd(width))} ${style.symbols.rule} ${plainText(line.text).trimEnd()}`
  }
}
