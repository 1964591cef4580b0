// Colours and symbols of one stream: none where the reader asked for none or cannot show them (NO_COLOR, FORCE_COLOR,
// TERM=dumb, a locale without UTF-8).
import pc from 'picocolors'
import type { Terminal } from '../world.ts'

export interface Style {
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
  readonly red: (text: string) => string
  readonly green: (text: string) => string
  readonly yellow: (text: string) => string
  readonly cyan: (text: string) => string
  readonly symbols: Symbols
  /** Width to keep within; null where lines may be as long as they are (files, pipes). */
  readonly width: number | null
}

export interface Symbols {
  readonly done: string
  readonly failed: string
  readonly waiting: string
  readonly create: string
  readonly update: string
  readonly replace: string
  readonly remove: string
  readonly warn: string
  readonly arrow: string
  readonly rule: string
  readonly dot: string
}

const UNICODE: Symbols = {
  done: '✔',
  failed: '✖',
  waiting: '…',
  create: '+',
  update: '~',
  replace: '±',
  remove: '-',
  warn: '!',
  arrow: '→',
  rule: '│',
  dot: '·',
}
const ASCII: Symbols = {
  done: 'ok',
  failed: 'x',
  waiting: '..',
  create: '+',
  update: '~',
  replace: '+/-',
  remove: '-',
  warn: '!',
  arrow: '->',
  rule: '|',
  dot: '-',
}

type Environment = Readonly<Record<string, string | undefined>>

export const createStyle = (
  terminal: Pick<Terminal, 'isTTY' | 'columns'>,
  env: Environment,
  wanted: boolean,
): Style => {
  const { bold, dim, red, green, yellow, cyan } = pc.createColors(wanted && showsColor(terminal, env))
  return {
    bold,
    dim,
    red,
    green,
    yellow,
    cyan,
    symbols: showsUnicode(env) ? UNICODE : ASCII,
    width: terminal.isTTY ? terminal.columns : null,
  }
}

const showsColor = (terminal: Pick<Terminal, 'isTTY'>, env: Environment): boolean => {
  if (env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '') return false
  if (env['FORCE_COLOR'] !== undefined) return env['FORCE_COLOR'] !== '0' && env['FORCE_COLOR'] !== 'false'
  return terminal.isTTY && env['TERM'] !== 'dumb'
}

const showsUnicode = (env: Environment): boolean =>
  /utf-?8/i.test(env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '')
