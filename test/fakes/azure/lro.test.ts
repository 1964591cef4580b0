// Long-running operations as the real poller sees them: every way to be told where to ask, every way to end, and what an
// unsteady network does between. Never checked against Azure.
import { type ContainerServiceClient, restorePoller } from '@azure/arm-containerservice'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { throttled, unavailable } from './faults.ts'
import { type FakeAzureOptions, makeTls, missingForFakeAzure, type Tls } from './index.ts'
import type { HeaderMode } from './lro.ts'
import { clientOf, cluster, createStand, type Stand } from './stand.ts'

const missing = missingForFakeAzure()
const all: Stand[] = []
let tls: Tls
beforeAll(async () => {
  tls = await makeTls()
})

afterAll(async () => {
  await tls.remove()
})
afterEach(async () => {
  for (const { azure } of all.splice(0)) {
    expect(azure.defects).toEqual([])
    await azure.close()
  }
})

/** Time goes on with every request: the poller comes to its end by itself. */
const stand = async (options: FakeAzureOptions = {}): Promise<Stand> => {
  const on = await createStand({ tls, tickMs: 60_000, ...options })
  all.push(on)
  return on
}

const PACE = { updateIntervalInMs: 1 }
const put = (client: ContainerServiceClient) => client.managedClusters.createOrUpdate('rg', 'shop', cluster(), PACE)
const MODES: readonly HeaderMode[] = ['azureAsync', 'location', 'none']

describe.skipIf(missing !== null)(`long-running operations of the Azure stand-in (${missing ?? 'types found'})`, () => {
  it.each(MODES)('end with the resource where the headers are %s', async (lroHeaders) => {
    const on = await stand({ lroHeaders })
    expect(await put(on.client)).toMatchObject({ name: 'shop', provisioningState: 'Succeeded' })
    const asked = new Set(on.azure.journal.map((each) => each.operation))
    expect(asked.has('status.get')).toBe(lroHeaders === 'azureAsync')
    expect(asked.has('status.getResult')).toBe(lroHeaders === 'location')
  })

  it.each(MODES.slice(0, 2))('end a delete where the headers are %s', async (lroHeaders) => {
    const on = await stand({ lroHeaders })
    await on.made()
    await on.client.managedClusters.delete('rg', 'shop', PACE)
    await expect(on.seen()).rejects.toMatchObject({ statusCode: 404 })
  })

  it('have a status address with a version of its own', async () => {
    const on = await stand()
    await put(on.client)
    const status = on.azure.journal.find((each) => each.operation === 'status.get')
    expect(status?.query['api-version']).toBe('2018-07-31')
  })

  it.each(MODES.slice(0, 2))('fail with the error of the service where the headers are %s', async (lroHeaders) => {
    const on = await stand({ lroHeaders })
    const error = { code: 'AllocationFailed', message: 'There is not enough capacity.' }
    on.azure.faults.end({
      operation: 'managedClusters.createOrUpdate',
      times: 1,
      ending: { kind: 'failed', error },
    })
    await expect(put(on.client)).rejects.toThrow(lroHeaders === 'azureAsync' ? /not enough capacity/ : /./)
    expect(await on.seen()).toMatchObject({ provisioningState: 'Failed' })
  })

  it('are canceled', async () => {
    const on = await stand()
    on.azure.faults.end({ operation: '*', times: 1, ending: { kind: 'canceled' } })
    await expect(put(on.client)).rejects.toThrow(/cancel/i)
  })

  it('lose their status, while the resource goes its way', async () => {
    const on = await stand()
    on.azure.faults.end({ operation: '*', times: 1, ending: { kind: 'statusLost' } })
    await expect(put(on.client)).rejects.toMatchObject({ statusCode: 404 })
    on.later()
    expect(await on.seen()).toMatchObject({ provisioningState: 'Succeeded' })
  })

  it('stay InProgress though the resource is ready', async () => {
    const on = await stand()
    on.azure.faults.end({ operation: '*', times: 1, ending: { kind: 'stuck' } })
    await on.made()
    expect(await on.seen()).toMatchObject({ provisioningState: 'Succeeded' })
    expect(on.azure.lro.running()).toHaveLength(1)
    await on.pool()
  })

  it('hang until they are aborted; an abort that comes too late is a conflict', async () => {
    const on = await stand()
    await on.made()
    on.azure.faults.end({ operation: 'agentPools.createOrUpdate', times: 1, ending: { kind: 'hangs' } })
    await on.madePool()
    expect(await on.seenPool()).toMatchObject({ provisioningState: 'Creating' })
    await on.client.agentPools.abortLatestOperation('rg', 'shop', 'web', PACE)
    expect(await on.seenPool()).toMatchObject({ provisioningState: 'Canceled' })
    await expect(
      on.client.agentPools.abortLatestOperation('rg', 'shop', 'web', PACE).submitted(),
    ).rejects.toMatchObject({ statusCode: 409 })
    await on.madePool()
    expect(await on.seenPool()).toMatchObject({ provisioningState: 'Succeeded' })
  })

  it('give way to a delete of their cluster', async () => {
    const on = await stand({ tickMs: 0 })
    await on.made()
    await on.pool()
    await on.client.managedClusters.delete('rg', 'shop').submitted()
    const ended = [...on.azure.state.operations.values()].map((each) => each.error?.code)
    expect(ended).toContain('AKSOperationPreemptedByDelete')
  })

  it('are resumed by another client from what the first wrote down', async () => {
    const on = await stand()
    const poller = put(on.client)
    const state = await poller.serialize()
    const other = clientOf(on.azure)
    const resumed = restorePoller(other, state, other.managedClusters.createOrUpdate, PACE)
    expect(await resumed).toMatchObject({ name: 'shop', provisioningState: 'Succeeded' })
    expect(on.azure.journal.filter((each) => each.mutating)).toHaveLength(1)
  })

  it('survive a storm of 503 and 429 on the status address', async () => {
    const on = await stand()
    const { credential, subscription, url, ca } = on.azure
    const { ContainerServiceClient } = await import('@azure/arm-containerservice')
    const patient = new ContainerServiceClient(credential, subscription, { endpoint: url, tlsOptions: { ca } })
    on.azure.faults.add({ operation: 'status.get', times: 2, fault: unavailable(0) })
    on.azure.faults.add({ operation: 'status.get', times: 1, fault: throttled(0) })
    expect(await put(patient)).toMatchObject({ provisioningState: 'Succeeded' })
  })

  it('go on after the connection was cut behind the commit', async () => {
    const on = await stand()
    on.azure.faults.add({ operation: 'managedClusters.createOrUpdate', times: 1, fault: { kind: 'dropAfter' } })
    await expect(on.make()).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect(await on.seen()).toMatchObject({ provisioningState: 'Creating' })
    on.azure.faults.add({ operation: 'agentPools.*', times: 1, fault: { kind: 'dropBefore' } })
    await expect(on.pool()).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect(on.azure.journal.some((each) => each.operation === 'agentPools.createOrUpdate')).toBe(false)
  })

  it('call a hook after each call has had its effect', async () => {
    const calls: string[] = []
    const on = await stand({ onCall: ({ operation, status }) => void calls.push(`${operation} ${status}`) })
    await on.make()
    expect(calls).toEqual(['managedClusters.createOrUpdate 201'])
  })
})
