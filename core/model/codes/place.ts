// Codes about scheduling and placement (SP20xx, SP21xx, SP22xx).
import type { CodeText } from './index.ts'

export const placeCodes = {} as const satisfies Readonly<Record<string, CodeText>>
