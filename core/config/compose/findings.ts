// Collects what is wrong with the files: every finding once, with its place, so that one run reports them all.

import type { ConfigCode } from '../../model/codes/config.ts'
import type { Diagnostic, Severity } from '../../model/diagnostic.ts'
import { bySpan } from '../../model/diagnostic.ts'
import { type Mark, spanOf } from './node.ts'

export interface Detail {
  readonly at?: Mark | undefined
  readonly hint?: string | undefined
  readonly service?: string | undefined
}

export interface Findings {
  error(code: ConfigCode, message: string, detail?: Detail): void
  warn(code: ConfigCode, message: string, detail?: Detail): void
  readonly failed: boolean
  sorted(): readonly Diagnostic[]
}

interface Finding {
  readonly code: ConfigCode
  readonly message: string
  readonly detail: Detail
}

export const createFindings = (): Findings => {
  const seen = new Map<string, Diagnostic>()
  const add = (severity: Severity, finding: Finding): void => {
    const { code, message, detail } = finding
    const span = detail.at === undefined ? undefined : spanOf(detail.at)
    // A warning is told once a file, an error at every place.
    const place = severity === 'error' ? `${span?.line}:${span?.column}` : ''
    const key = `${code} ${message} ${span?.file} ${place}`
    if (seen.has(key)) return
    seen.set(key, {
      ...{ code, severity, message },
      ...(span === undefined ? {} : { span }),
      ...(detail.hint === undefined ? {} : { hint: detail.hint }),
      ...(detail.service === undefined ? {} : { service: detail.service }),
    })
  }
  return {
    error: (code, message, detail = {}) => add('error', { code, message, detail }),
    warn: (code, message, detail = {}) => add('warning', { code, message, detail }),
    get failed() {
      return [...seen.values()].some((d) => d.severity === 'error')
    },
    sorted: () => [...seen.values()].sort(bySpan),
  }
}
