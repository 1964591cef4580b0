// What is inside a cluster: groups, profiles, add-ons and access entries, each read by name and told apart by its tags.
import type { Addon, EKSClient, FargateProfile, Nodegroup } from '@aws-sdk/client-eks'
import type { LivePool } from '../../../core/model/infra.ts'
import type { Owner } from '../../../core/model/infra-owner.ts'
import type { ObservedObject, Readiness } from '../../../core/model/replica.ts'
import type { EksTarget } from '../clusters.ts'
import { awsError, nameOf } from '../errors.ts'
import { eksSettings } from '../settings.ts'
import { HASH_TAG, isOurs, POOL_TAG } from './names.ts'
import { STAGES } from './objects.ts'
import { addonReadiness, groupReadiness, profileReadiness } from './readiness.ts'

type Sdk = typeof import('@aws-sdk/client-eks')

interface Reading {
  readonly sdk: Sdk
  readonly client: EKSClient
  readonly clusterName: string
  readonly signal: AbortSignal
}

/** Everything of one kind: the names by pages, then each. What went meanwhile is not there. */
const readAll = async <T>(
  eks: EksTarget,
  what: string,
  of: {
    readonly names: (from: Reading) => Promise<readonly string[]>
    readonly one: (from: Reading, name: string) => Promise<T | undefined>
    readonly signal: AbortSignal
  },
): Promise<readonly T[]> => {
  const from = await reading(eks, of.signal)
  try {
    const names = await of.names(from)
    const all = await Promise.all(names.map((name) => of.one(from, name).catch(unlessGone)))
    return all.filter((each) => each !== undefined)
  } catch (error) {
    if (nameOf(error) === 'ResourceNotFoundException') return []
    throw awsError(error, `list the ${what} of ${from.clusterName}`, eks.target.name)
  }
}

const reading = async (eks: EksTarget, signal: AbortSignal): Promise<Reading> => ({
  sdk: await import('@aws-sdk/client-eks'),
  client: await eks.clients.eks(),
  clusterName: eksSettings(eks.target).cluster,
  signal,
})

const unlessGone = (error: unknown): undefined => {
  if (nameOf(error) === 'ResourceNotFoundException') return undefined
  throw error
}

const pages = async <P extends { nextToken?: string | undefined }>(
  next: (token: string | undefined) => Promise<P>,
  names: (page: P) => readonly string[] | undefined,
): Promise<readonly string[]> => {
  const all: string[] = []
  for (let token: string | undefined; ; ) {
    const page = await next(token)
    all.push(...(names(page) ?? []))
    token = page.nextToken
    if (token === undefined) return all
  }
}

export interface ReadGroup {
  readonly object: ObservedObject
  readonly live: LivePool | null
}

export const readGroups = async (eks: EksTarget, owner: Owner, signal: AbortSignal): Promise<readonly ReadGroup[]> => {
  const groups = await readAll(eks, 'node groups', {
    signal,
    names: ({ sdk, client, clusterName, signal: abortSignal }) =>
      pages(
        (nextToken) => client.send(new sdk.ListNodegroupsCommand({ clusterName, nextToken }), { abortSignal }),
        (page) => page.nodegroups,
      ),
    one: async ({ sdk, client, clusterName, signal: abortSignal }, nodegroupName) =>
      (await client.send(new sdk.DescribeNodegroupCommand({ clusterName, nodegroupName }), { abortSignal })).nodegroup,
  })
  return groups.map((group) => readGroup(group, owner))
}

const readGroup = (group: Nodegroup, owner: Owner): ReadGroup => {
  const name = group.nodegroupName ?? ''
  const pool = group.labels?.[POOL_TAG]
  const capacityType = group.capacityType === 'SPOT' ? 'spot' : 'on-demand'
  const object = member(
    { kind: 'Nodegroup', name, arn: group.nodegroupArn, stage: STAGES.pool, guard: 'container' },
    {
      tags: group.tags,
      owner,
      readiness: groupReadiness(group),
      summary: { ...(pool === undefined ? {} : { pool, capacityType }), nodes: group.scalingConfig?.desiredSize ?? 0 },
    },
  )
  const going = group.status === 'DELETING' || group.status === 'CREATE_FAILED'
  if (pool === undefined || object.owner !== 'ours' || going) return { object, live: null }
  const instanceTypes = group.instanceTypes ?? []
  return {
    object,
    live: { pool, group: name, capacityType, instanceTypes, nodes: group.scalingConfig?.desiredSize ?? 0 },
  }
}

export const readProfiles = async (
  eks: EksTarget,
  owner: Owner,
  signal: AbortSignal,
): Promise<readonly ObservedObject[]> => {
  const profiles = await readAll(eks, 'Fargate profiles', {
    signal,
    names: ({ sdk, client, clusterName, signal: abortSignal }) =>
      pages(
        (nextToken) => client.send(new sdk.ListFargateProfilesCommand({ clusterName, nextToken }), { abortSignal }),
        (page) => page.fargateProfileNames,
      ),
    one: async (
      { sdk, client, clusterName, signal: abortSignal },
      fargateProfileName,
    ): Promise<FargateProfile | undefined> =>
      (await client.send(new sdk.DescribeFargateProfileCommand({ clusterName, fargateProfileName }), { abortSignal }))
        .fargateProfile,
  })
  return profiles.map((profile) =>
    member(
      {
        kind: 'FargateProfile',
        name: profile.fargateProfileName ?? '',
        arn: profile.fargateProfileArn,
        stage: STAGES.pool,
      },
      { tags: profile.tags, owner, readiness: profileReadiness(profile) },
    ),
  )
}

export const readAddons = async (
  eks: EksTarget,
  { owner, nodes }: { readonly owner: Owner; readonly nodes: boolean },
  signal: AbortSignal,
): Promise<readonly ObservedObject[]> => {
  const addons = await readAll(eks, 'add-ons', {
    signal,
    names: ({ sdk, client, clusterName, signal: abortSignal }) =>
      pages(
        (nextToken) => client.send(new sdk.ListAddonsCommand({ clusterName, nextToken }), { abortSignal }),
        (page) => page.addons,
      ),
    one: async ({ sdk, client, clusterName, signal: abortSignal }, addonName): Promise<Addon | undefined> =>
      (await client.send(new sdk.DescribeAddonCommand({ clusterName, addonName }), { abortSignal })).addon,
  })
  return addons.map((addon) =>
    member(
      { kind: 'Addon', name: addon.addonName ?? '', arn: addon.addonArn, stage: STAGES.addon },
      { tags: addon.tags, owner, readiness: addonReadiness(addon, nodes) },
    ),
  )
}

export const readAccess = async (
  eks: EksTarget,
  owner: Owner,
  signal: AbortSignal,
): Promise<readonly ObservedObject[]> => {
  const entries = await readAll(eks, 'access entries', {
    signal,
    names: ({ sdk, client, clusterName, signal: abortSignal }) =>
      pages(
        (nextToken) => client.send(new sdk.ListAccessEntriesCommand({ clusterName, nextToken }), { abortSignal }),
        (page) => page.accessEntries,
      ),
    one: async ({ sdk, client, clusterName, signal: abortSignal }, principalArn) =>
      (await client.send(new sdk.DescribeAccessEntryCommand({ clusterName, principalArn }), { abortSignal }))
        .accessEntry,
  })
  return entries.map((entry) =>
    member(
      { kind: 'AccessEntry', name: entry.principalArn ?? '', arn: entry.accessEntryArn, stage: STAGES.access },
      { tags: entry.tags, owner, readiness: { state: 'ready', retriable: false } },
    ),
  )
}

interface MemberOf {
  readonly kind: string
  readonly name: string
  readonly arn: string | undefined
  readonly stage: number
  readonly guard?: ObservedObject['guard']
}

const member = (
  of: MemberOf,
  seen: {
    readonly tags: Readonly<Record<string, string>> | undefined
    readonly owner: Owner
    readonly readiness: Readiness
    readonly summary?: NonNullable<ObservedObject['summary']>
  },
): ObservedObject => {
  const hash = seen.tags?.[HASH_TAG]
  return {
    id: `eks/${of.kind}/${of.name}`,
    uid: of.arn ?? of.name,
    kind: of.kind,
    name: of.name,
    scope: 'target',
    guard: of.guard ?? 'none',
    stage: of.stage,
    ...(hash === undefined ? {} : { hash }),
    owner: isOurs(seen.tags, seen.owner) ? 'ours' : 'foreign',
    drift: [],
    readiness: seen.readiness,
    ...(seen.summary === undefined ? {} : { summary: seen.summary }),
  }
}
