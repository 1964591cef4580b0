// The shape of a case: its name in the table of the harness, and what must hold.
import type { Drive } from './drive.ts'
import type { CaseName } from './harness.ts'

export type Case = (drive: Drive) => Promise<void>

export type Cases = Readonly<Partial<Record<CaseName, Case>>>
