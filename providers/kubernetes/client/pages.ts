// Lists in pages: nothing is taken for the whole before the last page is there.
import { type Refusal, refusalError } from '../errors.ts'
import { asObject, listAt, type RawObject, textAt } from '../raw.ts'
import type { KubeApi } from './api.ts'
import { pruned } from './pruned.ts'

export interface ObjectList {
  readonly items: readonly RawObject[]
  readonly resourceVersion: string
}

/** Large enough for few requests, small enough that a page in text and as a tree weighs little. */
const PAGE = '250'

type Ask = KubeApi['ask']

export interface Listed {
  readonly path: string
  readonly query: Readonly<Record<string, string>>
}

const RESTARTS = 3

/** A page token that has expired means that the list must begin again. */
export const listAll = async (ask: Ask, listed: Listed, signal: AbortSignal): Promise<ObjectList> => {
  for (let restarts = 0; ; restarts += 1) {
    const found = await pagesOf(ask, listed, signal)
    if ('items' in found) return found
    if (restarts >= RESTARTS) throw refusalError(found)
  }
}

const pagesOf = async (ask: Ask, { path, query }: Listed, signal: AbortSignal): Promise<ObjectList | Refusal> => {
  const items: RawObject[] = []
  let next: string | undefined
  for (;;) {
    const outcome = await ask({ method: 'GET', path, query: { ...query, limit: PAGE, continue: next } }, signal)
    if (!outcome.ok && outcome.refusal.status === 410 && next !== undefined) return outcome.refusal
    if (!outcome.ok) throw refusalError(outcome.refusal)
    const page = asObject(outcome.body)
    const kind = textAt(page, 'kind')
    for (const item of listAt(page, 'items')) items.push(pruned(kind, item))
    next = textAt(page, 'metadata.continue') ?? undefined
    if (next === undefined || next === '')
      return { items, resourceVersion: textAt(page, 'metadata.resourceVersion') ?? '' }
  }
}
