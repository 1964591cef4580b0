// What others changed on live objects, as a table: the field, what the release has there, what is there, and who did it.
import type { DriftReport, DriftRow } from '../../core/engine/api.ts'
import { oneLine } from './plain-text.ts'
import type { Style } from './style.ts'
import { renderTable } from './table.ts'

const HEADER = ['TARGET', 'OBJECT', 'MANAGER', 'FIELD', 'WANT', 'LIVE']

export const renderDrift = ({ drift, unknown }: DriftReport, style: Style): string => {
  const table = drift.length === 0 ? [] : [renderTable(HEADER, drift.map(row), style)]
  const dark = unknown.map(({ target, because }) => `${style.yellow(target)} cannot be compared: ${oneLine(because)}`)
  const end = drift.length === 0 && unknown.length === 0 ? ['no drift: live objects are as they were applied'] : []
  return [...table, ...dark, ...end].join('\n')
}

const row = ({ target, kind, name, manager, field, want, live }: DriftRow): readonly string[] => [
  target,
  `${kind} ${name}`,
  manager ?? '-',
  field === '' ? '(object)' : oneLine(field),
  value(want),
  value(live),
]

const value = (of: unknown): string => oneLine(typeof of === 'string' ? of : (JSON.stringify(of) ?? '-'))
