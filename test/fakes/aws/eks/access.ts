// Who may do what in a cluster: entries with policies, and the roles of service accounts.
import type {
  AccessEntry,
  AssociateAccessPolicyRequest,
  CreateAccessEntryRequest,
  CreatePodIdentityAssociationRequest,
  DeleteAccessEntryRequest,
  DeletePodIdentityAssociationRequest,
  DescribeAccessEntryRequest,
  DescribePodIdentityAssociationRequest,
  DisassociateAccessPolicyRequest,
  ListAccessEntriesRequest,
  ListAssociatedAccessPoliciesRequest,
  ListPodIdentityAssociationsRequest,
  PodIdentityAssociation,
} from '@aws-sdk/client-eks'
import type { Handler } from '../server.ts'
import { type AwsState, arn, type ClusterRecord } from '../state.ts'
import { clusterOf, inUse, invalid, notFound, page, requestKey, typed } from './typed.ts'

export const accessHandlers = (state: AwsState): Readonly<Record<string, Handler>> => ({
  CreateAccessEntry: typed((input: CreateAccessEntryRequest) => ({ accessEntry: create(state, input) })),
  DescribeAccessEntry: typed((input: DescribeAccessEntryRequest) => ({
    accessEntry: entryOf(clusterOf(state, input.clusterName), input.principalArn).value,
  })),
  ListAccessEntries: typed((input: ListAccessEntriesRequest) => {
    const { items, nextToken } = page([...clusterOf(state, input.clusterName).access.keys()].sort(), input)
    return { accessEntries: [...items], nextToken }
  }),
  DeleteAccessEntry: typed((input: DeleteAccessEntryRequest) => {
    const record = clusterOf(state, input.clusterName)
    entryOf(record, input.principalArn)
    record.access.delete(input.principalArn ?? '')
    return {}
  }),
  AssociateAccessPolicy: typed((input: AssociateAccessPolicyRequest) => associate(state, input)),
  DisassociateAccessPolicy: typed((input: DisassociateAccessPolicyRequest) => {
    const { policies } = entryOf(clusterOf(state, input.clusterName), input.principalArn)
    const at = policies.findIndex((policy) => policy.policyArn === input.policyArn)
    if (at >= 0) policies.splice(at, 1)
    return {}
  }),
  ListAssociatedAccessPolicies: typed((input: ListAssociatedAccessPoliciesRequest) => ({
    clusterName: input.clusterName,
    principalArn: input.principalArn,
    associatedAccessPolicies: entryOf(clusterOf(state, input.clusterName), input.principalArn).policies,
  })),
})

const entryOf = (record: ClusterRecord, principal: string | undefined) => {
  const found = record.access.get(principal ?? '')
  if (found === undefined) throw notFound(`access entry found for principal: ${principal}`)
  return found
}

const create = (state: AwsState, input: CreateAccessEntryRequest): AccessEntry => {
  const record = clusterOf(state, input.clusterName)
  if (record.value.accessConfig?.authenticationMode === 'CONFIG_MAP')
    throw invalid(
      "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this operation.",
    )
  if (/:assumed-role\//.test(input.principalArn ?? '')) throw invalid('The principalArn parameter format is not valid')
  if (record.access.has(input.principalArn ?? '') && state.rules.holds('nameTaken'))
    throw inUse('The specified access entry resource is already in use on this cluster.')
  const value: AccessEntry = {
    clusterName: input.clusterName,
    principalArn: input.principalArn,
    kubernetesGroups: input.kubernetesGroups ?? [],
    accessEntryArn: arn(state, 'eks', `access-entry/${input.clusterName}/role/${state.nextId()}`),
    createdAt: new Date(state.clock.now()),
    tags: input.tags ?? {},
    type: input.type ?? 'STANDARD',
  }
  record.access.set(input.principalArn ?? '', {
    value,
    madeAtMs: state.clock.now(),
    deletedAtMs: null,
    requestToken: input.clientRequestToken ?? null,
    request: requestKey(input),
    policies: [],
  })
  return value
}

const associate = (state: AwsState, input: AssociateAccessPolicyRequest) => {
  const entry = entryOf(clusterOf(state, input.clusterName), input.principalArn)
  if (!/^arn:aws[\w-]*:eks::aws:cluster-access-policy\/\w+$/.test(input.policyArn ?? ''))
    throw invalid('The policyArn parameter format is not valid')
  const policy = {
    policyArn: input.policyArn,
    accessScope: input.accessScope,
    associatedAt: new Date(state.clock.now()),
  }
  const at = entry.policies.findIndex((each) => each.policyArn === input.policyArn)
  entry.policies.splice(at < 0 ? entry.policies.length : at, at < 0 ? 0 : 1, policy)
  return { clusterName: input.clusterName, principalArn: input.principalArn, associatedAccessPolicy: policy }
}

export const identityHandlers = (state: AwsState): Readonly<Record<string, Handler>> => ({
  CreatePodIdentityAssociation: typed((input: CreatePodIdentityAssociationRequest) => ({
    association: createIdentity(state, input),
  })),
  DescribePodIdentityAssociation: typed((input: DescribePodIdentityAssociationRequest) => ({
    association: identityOf(clusterOf(state, input.clusterName), input.associationId),
  })),
  ListPodIdentityAssociations: typed((input: ListPodIdentityAssociationsRequest) => {
    const all = [...clusterOf(state, input.clusterName).identities.values()].filter(
      (each) =>
        (input.namespace === undefined || each.namespace === input.namespace) &&
        (input.serviceAccount === undefined || each.serviceAccount === input.serviceAccount),
    )
    const { items, nextToken } = page(all, input)
    const associations = items.map(({ clusterName, namespace, serviceAccount, associationArn, associationId }) => ({
      ...{ clusterName, namespace, serviceAccount, associationArn, associationId },
    }))
    return { associations, nextToken }
  }),
  DeletePodIdentityAssociation: typed((input: DeletePodIdentityAssociationRequest) => {
    const record = clusterOf(state, input.clusterName)
    const association = identityOf(record, input.associationId)
    record.identities.delete(input.associationId ?? '')
    return { association }
  }),
})

const identityOf = (record: ClusterRecord, id: string | undefined): PodIdentityAssociation => {
  const found = record.identities.get(id ?? '')
  if (found === undefined) throw notFound(`association found with id: ${id}`)
  return found
}

const createIdentity = (state: AwsState, input: CreatePodIdentityAssociationRequest): PodIdentityAssociation => {
  const record = clusterOf(state, input.clusterName)
  const taken = [...record.identities.values()].some(
    (each) => each.namespace === input.namespace && each.serviceAccount === input.serviceAccount,
  )
  if (taken && state.rules.holds('nameTaken'))
    throw inUse(`Association already exists: ${input.namespace}/${input.serviceAccount}`)
  const id = `a-${state.nextId()}`
  const association: PodIdentityAssociation = {
    clusterName: input.clusterName,
    namespace: input.namespace,
    serviceAccount: input.serviceAccount,
    roleArn: input.roleArn,
    associationArn: arn(state, 'eks', `podidentityassociation/${input.clusterName}/${id}`),
    associationId: id,
    tags: input.tags ?? {},
    createdAt: new Date(state.clock.now()),
  }
  record.identities.set(id, association)
  return association
}
