// Codes about compose files (SP10xx, SP11xx).
import type { CodeText } from './index.ts'

export const configCodes = {} as const satisfies Readonly<Record<string, CodeText>>
