// Updates: asked for by id; one at a time on a cluster or group; done after their minutes, and only then visible.
import type { DescribeUpdateRequest, ListUpdatesRequest, Update } from '@aws-sdk/client-eks'
import type { Handler } from '../server.ts'
import type { AwsState, ClusterRecord } from '../state.ts'
import { settle } from './settle.ts'
import { clusterOf, inUse, MINUTE, notFound, page, typed } from './typed.ts'

export interface UpdateOf {
  readonly type: NonNullable<Update['type']>
  readonly token: string | undefined
  readonly minutes: number
  /** Absent: the cluster itself. */
  readonly about?: string
}

export const startUpdate = (state: AwsState, record: ClusterRecord, of: UpdateOf, apply: () => void): Update => {
  const id = `${of.about ?? ''}${of.token ?? state.nextId()}`
  const known = record.updates.get(id)
  if (known !== undefined && state.rules.holds('tokenReplay')) return known.update
  const running = [...record.updates.values()].some(
    ({ update }) => update.status === 'InProgress' && (update.params?.[0]?.value ?? '') === (of.about ?? ''),
  )
  if (running && state.rules.holds('oneUpdate')) throw inUse('Another update is in progress')
  const update: Update = {
    id,
    status: 'InProgress',
    type: of.type,
    params: of.about === undefined ? [] : [{ value: of.about }],
    createdAt: new Date(state.clock.now()),
    errors: [],
  }
  record.updates.set(id, { update, doneAtMs: state.clock.now() + of.minutes * MINUTE, apply })
  return update
}

export const updateHandlers = (state: AwsState): Readonly<Record<string, Handler>> => ({
  DescribeUpdate: typed((input: DescribeUpdateRequest) => {
    settle(state)
    const found = clusterOf(state, input.name).updates.get(input.updateId ?? '')
    if (found === undefined) throw notFound(`update found for ID: ${input.updateId}`)
    return { update: found.update }
  }),
  ListUpdates: typed((input: ListUpdatesRequest) => {
    settle(state)
    const { items, nextToken } = page([...clusterOf(state, input.name).updates.keys()], input)
    return { updateIds: [...items], nextToken }
  }),
})
