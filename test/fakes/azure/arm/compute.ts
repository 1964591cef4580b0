// What the subscription may have: sizes with their zones and restrictions, quota by family, registered providers, the
// subscription itself, and single resources that a test has put there.
import { coresInUse, SPOT_FAMILY } from '../aks/shortage.ts'
import type { Size } from '../aks/sizes.ts'
import { any, integer, listOf, object, required, string } from '../schema/types.ts'
import type { Call, Operation, Reply } from '../server/calls.ts'
import {
  type ArmParts,
  armFault,
  RESOURCES_VERSIONS,
  SKUS_VERSIONS,
  SUBSCRIPTION_VERSIONS,
  USAGES_VERSIONS,
} from './arm.ts'

const SUBSCRIPTION = '/subscriptions/{subscription}'
const LIST = object('List', { value: required(listOf(any)), nextLink: string() })
const USAGES = object('ListUsagesResult', {
  value: required(
    listOf(
      object('Usage', {
        ...{ unit: required(string()), currentValue: required(integer(0)), limit: required(integer(0)) },
        name: required(object('UsageName', { value: string(), localizedValue: string() })),
      }),
    ),
  ),
  nextLink: string(),
})

export const computeOperations = (arm: ArmParts): readonly Operation[] => {
  const get = (name: string, path: string, of: Pick<Operation, 'versions' | 'reply' | 'handler'>): Operation => ({
    ...{ name, method: 'GET', path, request: null, ...of },
  })
  return [
    get('skus.list', `${SUBSCRIPTION}/providers/Microsoft.Compute/skus`, {
      ...{ versions: SKUS_VERSIONS, reply: LIST, handler: (call) => skus(arm, call) },
    }),
    get('usages.list', `${SUBSCRIPTION}/providers/Microsoft.Compute/locations/{location}/usages`, {
      ...{ versions: USAGES_VERSIONS, reply: USAGES, handler: (call) => usages(arm, call) },
    }),
    get('providers.get', `${SUBSCRIPTION}/providers/{namespace}`, {
      ...{ versions: RESOURCES_VERSIONS, reply: any, handler: (call) => provider(arm, call) },
    }),
    {
      ...{ name: 'providers.register', method: 'POST', path: `${SUBSCRIPTION}/providers/{namespace}/register` },
      ...{ versions: RESOURCES_VERSIONS, request: null, reply: any, handler: (call) => register(arm, call) },
    },
    get('subscriptions.get', SUBSCRIPTION, {
      ...{ versions: SUBSCRIPTION_VERSIONS, reply: any, handler: (call) => subscription(arm, call) },
    }),
    get('subscriptions.list', '/subscriptions', {
      versions: SUBSCRIPTION_VERSIONS,
      reply: LIST,
      handler: () => ({ status: 200, body: { value: [subscriptionBody(arm)] } }),
    }),
  ]
}

/** Reads of single resources whose types the stand-in does not know further: any version does. */
export const otherOperations = ({ state }: ArmParts): readonly Operation[] => [
  {
    ...{ name: 'resources.getById', method: 'GET', versions: ['*'], request: null, reply: any },
    path: `${SUBSCRIPTION}/resourceGroups/{group}/providers/{+rest}`,
    handler: ({ at }) => {
      const id = `/subscriptions/${at.subscription}/resourceGroups/${at.group}/providers/${at.rest}`
      const found = [...state.others.values()].find((each) => state.key(each.id) === state.key(id))
      if (found !== undefined) return { status: 200, body: found }
      throw armFault(404, [
        'ResourceNotFound',
        `The Resource '${at.rest}' under resource group '${at.group}' was not found.`,
      ])
    },
  },
]

const skus = ({ sizes, savedSkus }: ArmParts, { query }: Call): Reply => {
  const location = /location eq '([^']*)'/i.exec(query.get('$filter') ?? '')?.[1]?.toLowerCase()
  const saved = savedSkus.filter((sku) => location === undefined || sku.locations.includes(location))
  const known = new Set(saved.map((sku) => sku.name.toLowerCase()))
  const own = [...sizes.values()].filter((size) => !known.has(size.name.toLowerCase()))
  const made = own.flatMap((size) =>
    (size.regions ?? ['westeurope'])
      .filter((each) => location === undefined || each === location)
      .map((each) => sku(size, each)),
  )
  return { status: 200, body: { value: [...saved, ...made] } }
}

const sku = (size: Size, location: string) => ({
  resourceType: 'virtualMachines',
  name: size.name,
  tier: 'Standard',
  size: size.name.replace('Standard_', ''),
  family: size.family,
  locations: [location],
  locationInfo: [{ location, zones: size.zones, zoneDetails: [] }],
  capabilities: [
    { name: 'vCPUs', value: String(size.vcpus) },
    { name: 'MemoryGB', value: String(size.memoryGb) },
    { name: 'CpuArchitectureType', value: size.arch === 'arm64' ? 'Arm64' : 'x64' },
    { name: 'LowPriorityCapable', value: 'True' },
    ...(size.gpus === 0 ? [] : [{ name: 'GPUs', value: String(size.gpus) }]),
  ],
  restrictions: [],
})

/** Where a test sets no limit there is a large one. */
const DEFAULT_CORES = 1000

const usages = ({ state, sizes }: ArmParts, { at }: Call): Reply => {
  const location = (at.location ?? '').toLowerCase()
  const families = new Set([...[...sizes.values()].map((size) => size.family), SPOT_FAMILY, ...state.quotas.keys()])
  const value = [...families].map((family) => ({
    unit: 'Count',
    currentValue: coresInUse(state, sizes, { family, location }),
    limit: state.quotas.get(family) ?? DEFAULT_CORES,
    name: { value: family, localizedValue: `${family} vCPUs` },
  }))
  return { status: 200, body: { value } }
}

const provider = ({ state }: ArmParts, { at }: Call): Reply => {
  const registered = state.registered.has((at.namespace ?? '').toLowerCase())
  const registrationState = registered ? 'Registered' : 'NotRegistered'
  const id = `/subscriptions/${state.subscription}/providers/${at.namespace}`
  return { status: 200, body: { id, namespace: at.namespace, registrationState, resourceTypes: [] } }
}

const register = (arm: ArmParts, call: Call): Reply => {
  arm.state.registered.add((call.at.namespace ?? '').toLowerCase())
  return provider(arm, call)
}

const subscription = (arm: ArmParts, { at }: Call): Reply => {
  if (at.subscription?.toLowerCase() === arm.state.subscription.toLowerCase())
    return { status: 200, body: subscriptionBody(arm) }
  throw armFault(404, ['SubscriptionNotFound', `The subscription '${at.subscription}' could not be found.`])
}

const subscriptionBody = ({ state }: ArmParts) => ({
  id: `/subscriptions/${state.subscription}`,
  subscriptionId: state.subscription,
  tenantId: state.tenant,
  displayName: 'stand-in',
  state: 'Enabled',
})
