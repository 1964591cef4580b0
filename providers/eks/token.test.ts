import { describe, expect, it } from 'vitest'
import { clusterToken } from './token.ts'

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }
const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5)
const request = { region: 'eu-west-1', cluster: 'shop-prod', credentials, nowMs }

const urlIn = (token: string): URL => new URL(Buffer.from(token.replace(/^k8s-aws-v1\./, ''), 'base64url').toString())

describe('the token of an EKS cluster', () => {
  // Signatures made by botocore's SigV4QueryAuth from the same credentials, date, header and URL.
  it.each([
    [undefined, '4a4cb130f10457f6fab040602b8e87161cf36b06b08883506e62a7db3f8aa2b5'],
    ['session-token', 'be1b09ee2f50e8aa6b2153e41b17b51bc5cf03133907ccb5de06f57b02fca9e9'],
  ])('has the signature that another implementation gives (session token %s)', async (sessionToken, signature) => {
    const given = sessionToken === undefined ? credentials : { ...credentials, sessionToken }
    const { token } = await clusterToken({ ...request, credentials: given })
    const url = urlIn(token)
    expect(url.host).toBe('sts.eu-west-1.amazonaws.com')
    expect(url.searchParams.get('X-Amz-Signature')).toBe(signature)
    expect(url.searchParams.get('X-Amz-SignedHeaders')).toBe('host;x-k8s-aws-id')
    expect(url.searchParams.get('X-Amz-Expires')).toBe('60')
  })

  it('lives fourteen minutes, or as long as the credentials behind it', async () => {
    expect((await clusterToken(request)).expiresAtMs).toBe(nowMs + 14 * 60_000)
    const expiration = new Date(nowMs + 60_000)
    const short = await clusterToken({ ...request, credentials: { ...credentials, expiration } })
    expect(short.expiresAtMs).toBe(expiration.getTime())
  })

  it('is unpadded base64url within the 4,096 bytes that a cluster reads, also with a long session token', async () => {
    const { token } = await clusterToken({
      ...request,
      credentials: { ...credentials, sessionToken: 'x'.repeat(1200) },
    })
    expect(token).toMatch(/^k8s-aws-v1\.[A-Za-z0-9_-]+$/)
    expect(token.length).toBeLessThanOrEqual(4096)
  })

  it('names the STS of its partition', async () => {
    expect(urlIn((await clusterToken({ ...request, region: 'cn-north-1' })).token).host).toBe(
      'sts.cn-north-1.amazonaws.com.cn',
    )
  })
})
