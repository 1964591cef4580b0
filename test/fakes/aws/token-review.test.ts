// The token that Stormport makes, before the rules of the cluster's authenticator. Never checked against AWS.
import { describe, expect, it } from 'vitest'
import { clusterToken } from '../../../providers/eks/token.ts'
import { createFakeClock } from '../clock.ts'
import { TEST_KEY } from './index.ts'
import { createRules } from './rules.ts'
import { type AwsState, createState } from './state.ts'
import { reviewToken, type TokenReviewOptions } from './token-review.ts'

const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5)
const caller = 'arn:aws:iam::123456789012:user/tester'

const scene = (over: Partial<TokenReviewOptions> = {}): TokenReviewOptions => {
  const state: AwsState = createState({
    account: '123456789012',
    region: 'eu-west-1',
    clock: createFakeClock(nowMs),
    rules: createRules(),
  })
  state.clusters.set('shop-prod', {
    value: { name: 'shop-prod' },
    madeAtMs: 0,
    deletedAtMs: null,
    requestToken: null,
    request: '',
    groups: new Map(),
    addons: new Map(),
    profiles: new Map(),
    access: new Map(),
    identities: new Map(),
    updates: new Map(),
    insights: [],
  })
  return { state, cluster: 'shop-prod', key: TEST_KEY, caller, now: () => nowMs + 1_000, ...over }
}

const tokenFor = async (
  cluster = 'shop-prod',
  credentials: { accessKeyId: string; secretAccessKey: string } = TEST_KEY,
) => (await clusterToken({ region: 'eu-west-1', cluster, credentials, nowMs })).token

describe('the authenticator of a cluster', () => {
  it('takes the token of who made the cluster as its administrator', async () => {
    expect(reviewToken(await tokenFor(), scene())).toEqual({ username: caller, groups: ['system:masters'] })
  })

  it('refuses the token of another cluster, another secret, another key', async () => {
    expect(reviewToken(await tokenFor('other'), scene())).toBe('the signature is wrong')
    expect(reviewToken(await tokenFor('shop-prod', { ...TEST_KEY, secretAccessKey: 'x' }), scene())).toBe(
      'the signature is wrong',
    )
    expect(reviewToken(await tokenFor('shop-prod', { ...TEST_KEY, accessKeyId: 'AKIDX' }), scene())).toBe(
      'the access key is not known',
    )
  })

  it('takes it for fifteen minutes from its date, whatever its own life time says', async () => {
    const token = await tokenFor()
    expect(reviewToken(token, scene({ now: () => nowMs + 14 * 60_000 }))).toMatchObject({ username: caller })
    expect(reviewToken(token, scene({ now: () => nowMs + 16 * 60_000 }))).toBe('the token has expired')
  })

  it.each([
    ['another host', (url: string) => url.replace('sts.eu-west-1.amazonaws.com', 'sts.example.com'), /not an STS host/],
    ['plain http', (url: string) => url.replace('https:', 'http:'), /https/],
    ['another action', (url: string) => url.replace('GetCallerIdentity', 'GetSessionToken'), /action/],
    ['a further parameter', (url: string) => `${url}&Extra=1`, /parameter/],
    ['a cluster that is not signed', (url: string) => url.replace('host%3Bx-k8s-aws-id', 'host'), /not signed/],
  ])('refuses %s', async (_what, change, why) => {
    const url = Buffer.from((await tokenFor()).slice('k8s-aws-v1.'.length), 'base64url').toString()
    const changed = `k8s-aws-v1.${Buffer.from(change(url)).toString('base64url')}`
    expect(reviewToken(changed, scene())).toMatch(why)
  })

  it('maps an access entry with the admin policy, and only some seconds after it was made', async () => {
    const options = scene()
    const entry = {
      value: { principalArn: caller, kubernetesGroups: ['devs'] },
      madeAtMs: nowMs,
      deletedAtMs: null,
      requestToken: null,
      request: '',
      policies: [{ policyArn: 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy' }],
    }
    options.state.clusters.get('shop-prod')?.access.set(caller, entry)
    expect(reviewToken(await tokenFor(), options)).toBe('the access entry is not effective yet')
    options.state.clock.advance(5_000)
    expect(reviewToken(await tokenFor(), options)).toEqual({ username: caller, groups: ['devs', 'system:masters'] })
  })
})
