// Codes about the local daemon and its drivers (SP40xx, SP41xx, SP42xx).
import type { CodeText } from './index.ts'

export const localCodes = {} as const satisfies Readonly<Record<string, CodeText>>
