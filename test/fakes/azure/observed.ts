// Error bodies that people have met, or that the documents name, as they lie beside the project: each as the fault of a
// request or as the end of an operation, whichever it was seen as.
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { ArmErrorBody, Ending, FaultKind } from './faults.ts'
import { AZURE_DATA } from './schema/load.ts'

export interface ObservedError {
  readonly id: string
  /** null: it was not to be seen in the source. */
  readonly httpStatus: number | null
  readonly phase: 'sync' | 'lro' | 'auth'
  readonly adapterClass: string
  readonly body: unknown
}

export const loadObserved = async (): Promise<readonly ObservedError[]> => {
  const text = await readFile(resolve(AZURE_DATA, 'errors/observed-errors.json'), 'utf8')
  return (JSON.parse(text) as { readonly errors: readonly ObservedError[] }).errors
}

export const asFault = ({ httpStatus, body }: ObservedError): FaultKind => ({
  kind: 'error',
  status: httpStatus ?? 400,
  body,
})

export const asEnding = ({ body }: ObservedError): Ending => ({ kind: 'failed', error: errorOf(body) })

const errorOf = (body: unknown): ArmErrorBody => {
  const found = Object(body)
  return (found.error ?? found) as ArmErrorBody
}
