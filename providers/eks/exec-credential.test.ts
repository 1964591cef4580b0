import { afterEach, describe, expect, it, vi } from 'vitest'
import { execCredential } from './exec-credential.ts'

const of = { cluster: 'shop-prod', region: 'eu-west-1', profile: null, execInfo: null, nowMs: Date.UTC(2026, 0, 2) }

describe('stormport token', () => {
  afterEach(() => vi.unstubAllEnvs())
  const signedIn = (): void => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'canary-secret')
  }

  it('is an ExecCredential with the token and its end, and no key', async () => {
    signedIn()
    const credential = await execCredential(of)
    expect(credential).toMatchObject({
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      status: { expirationTimestamp: '2026-01-02T00:14:00Z', token: expect.stringMatching(/^k8s-aws-v1\./) },
    })
    expect(JSON.stringify(credential)).not.toContain('canary-secret')
  })

  it('answers in the version that kubectl asks in', async () => {
    signedIn()
    const execInfo = JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1beta1', kind: 'ExecCredential' })
    expect((await execCredential({ ...of, execInfo })).apiVersion).toBe('client.authentication.k8s.io/v1beta1')
    await expect(execCredential({ ...of, execInfo: '{"apiVersion":"other"}' })).rejects.toMatchObject({
      code: 'BadInput',
    })
  })

  it('says how to sign in where there are no credentials', async () => {
    for (const key of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']) vi.stubEnv(key, undefined)
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
    vi.stubEnv('HOME', '/nonexistent')
    await expect(execCredential(of)).rejects.toMatchObject({ code: 'Unauthenticated' })
  })
})
