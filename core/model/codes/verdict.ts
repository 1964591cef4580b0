// Codes about fields that a target cannot honour (SP12xx).
import type { CodeText } from './index.ts'

export const verdictCodes = {} as const satisfies Readonly<Record<string, CodeText>>
