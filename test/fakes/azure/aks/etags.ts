// If-Match and If-None-Match, by the table of use-etags: what each answers where the resource is and where it is not.
import { fault } from '../faults.ts'
import type { Call } from '../server/calls.ts'
import type { AzureState } from '../state.ts'

export const newTag = (state: AzureState): string => state.nextId()

interface Standing {
  /** null: there is no such resource. */
  readonly tag: string | null
  readonly isDelete: boolean
}

export const checkMatch = (state: AzureState, { headers }: Call, standing: Standing): void => {
  if (!state.rules.holds('eTags')) return
  const match = headers['if-match'] ?? ''
  const none = headers['if-none-match'] ?? ''
  if (match !== '' && none !== '')
    throw fault(400, ['InvalidParameter', 'If-Match and If-None-Match headers can not be set together.'])
  if (none !== '' && none !== '*') throw fault(400, ['InvalidParameter', 'If-None-Match header must be empty or *.'])
  if (none === '*' && standing.tag !== null) throw failed('The resource exists already.')
  if (match === '') return
  // A DELETE of what is gone is 204 whatever the tag.
  if (standing.tag === null && standing.isDelete) return
  if (standing.tag === null) throw failed('The resource does not exist.')
  if (match !== '*' && unquoted(match) !== standing.tag)
    throw failed(`Etag mismatched: given ${unquoted(match)}, present ${standing.tag}.`)
}

const failed = (message: string) => fault(412, ['PreConditionFailed', message])

const unquoted = (tag: string): string => tag.replaceAll('"', '')
