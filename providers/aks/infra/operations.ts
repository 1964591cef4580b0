// Operations that this process has set going: where a resource says that it failed, the status of its operation says why.
import type { AksTarget } from '../clusters.ts'
import { type AzureFault, isAzureFault } from '../fault.ts'
import { causeOf } from './readiness.ts'

/** null: no operation of ours, or it does not say. Its address may be gone: then the resource alone decides. */
export const operationCause = async (aks: AksTarget, id: string, signal: AbortSignal): Promise<AzureFault | null> => {
  const address = aks.operations.get(id)
  if (address === undefined) return null
  try {
    // The address carries its own, older version.
    const { body } = await aks.clients.arm({ method: 'GET', path: address, version: '' }, signal)
    return causeOf(body)
  } catch (error) {
    if (isAzureFault(error) && error.status < 500 && error.status !== 429) aks.operations.delete(id)
    return null
  }
}
