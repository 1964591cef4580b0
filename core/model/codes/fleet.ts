// Codes about stormport.yaml and x-stormport, and keys that are not yet there (SP13xx, SP19xx).
import type { CodeText } from './index.ts'

export const fleetCodes = {} as const satisfies Readonly<Record<string, CodeText>>
