// Codes about planning (SP31xx).
import type { CodeText } from './index.ts'

export const planCodes = {} as const satisfies Readonly<Record<string, CodeText>>
