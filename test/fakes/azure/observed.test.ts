// Every error body of the set beside the project goes over the wire unchanged, in the phase in which it was seen.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { missingForFakeAzure } from './index.ts'
import { asEnding, asFault, loadObserved, type ObservedError } from './observed.ts'
import { createStand, type Stand } from './stand.ts'

const missing = missingForFakeAzure()
const errors: readonly ObservedError[] = missing === null ? await loadObserved() : []
const ofPhase = (phase: ObservedError['phase']) => errors.filter((each) => each.phase === phase)

describe.skipIf(missing !== null)(`observed errors (${missing ?? 'found'})`, () => {
  let on: Stand
  beforeAll(async () => {
    on = await createStand()
    await on.made()
  })
  afterAll(() => on.azure.close())

  it('are there in the number that was saved', () => {
    expect(errors).toHaveLength(37)
  })

  it.each(ofPhase('sync'))('$id is answered to a request as it stands', async (error) => {
    on.azure.faults.add({ operation: 'managedClusters.get', times: 1, fault: asFault(error) })
    const path = '/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/shop?api-version=2026-06-01'
    await expect(on.arm({ path })).rejects.toMatchObject({
      statusCode: error.httpStatus ?? 400,
      answer: { body: error.body },
    })
  })

  it.each(ofPhase('lro'))('$id ends an operation, and stands in its status as it is', async (error) => {
    on.azure.faults.end({ operation: 'agentPools.createOrUpdate', times: 1, ending: asEnding(error) })
    await on.madePool()
    expect(await on.seenPool()).toMatchObject({ provisioningState: 'Failed' })
    const operation = [...on.azure.state.operations.values()].at(-1)
    const path = `/providers/Microsoft.ContainerService/locations/westeurope/operations/${operation?.id}?api-version=2018-07-31`
    const { body } = await on.arm({ path })
    expect(body).toMatchObject({ status: 'Failed', error: asEnding(error).kind === 'failed' ? error.body : null })
  })
})
