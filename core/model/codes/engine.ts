// Codes about access, state and the engine (SP30xx, SP32xx, SP50xx).
import type { CodeText } from './index.ts'

export const engineCodes = {} as const satisfies Readonly<Record<string, CodeText>>
