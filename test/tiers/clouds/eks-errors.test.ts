// Every error of the table as the real clients hand it over when a service answers with it, over both protocols of AWS.
import { DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2'
import { EKSClient, ListClustersCommand } from '@aws-sdk/client-eks'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exitOf } from '../../../core/errors.ts'
import { AWS_ERRORS, awsError } from '../../../providers/eks/errors.ts'
import type { FaultKind } from '../../fakes/aws/faults.ts'
import { type FakeAws, startFakeAws, TEST_KEY } from '../../fakes/aws/index.ts'

let aws: FakeAws
let eks: EKSClient
let ec2: EC2Client
beforeAll(async () => {
  aws = await startFakeAws()
  const config = { endpoint: aws.url, region: 'eu-west-1', credentials: TEST_KEY, maxAttempts: 1 }
  eks = new EKSClient(config)
  ec2 = new EC2Client(config)
})
afterAll(async () => {
  eks.destroy()
  ec2.destroy()
  await aws.close()
})

/** Not answers of a service: given by the SDK or the connection. */
const OF_THE_CLIENT = new Set(['CredentialsProviderError', 'TimeoutError', 'SyntaxError'])
const ANSWERS = Object.entries(AWS_ERRORS).filter(([name]) => !OF_THE_CLIENT.has(name))

const asked = async (service: 'eks' | 'ec2', fault: FaultKind): Promise<unknown> => {
  aws.faults.add({ operation: `${service}.*`, times: 1, fault })
  const sent: Promise<unknown> =
    service === 'eks' ? eks.send(new ListClustersCommand({})) : ec2.send(new DescribeVpcsCommand({}))
  return sent.then(
    () => null,
    (error: unknown) => error,
  )
}

describe('errors of AWS through the real clients', () => {
  it.each(ANSWERS)('%s has its class, words, hint and exit over both protocols', async (code, rule) => {
    const status = rule.code === 'Unreachable' ? 503 : rule.code === 'Throttled' ? 429 : 400
    for (const service of ['eks', 'ec2'] as const) {
      const error = awsError(
        await asked(service, { kind: 'error', code, message: 'its own words', status }),
        'make a thing',
        'aws',
      )
      expect(error.code).toBe(rule.code)
      expect(error.message).toBe(`make a thing: ${rule.words} (its own words)`)
      expect(error.details).toMatchObject({ target: 'aws', diagnostic: 'SP4402', hint: rule.hint })
      expect(exitOf(error.code)).toBe(exitOf(rule.code))
      expect(exitOf(error.code)).toBeGreaterThan(2)
    }
  })

  it('a cut connection is no answer, and may be tried again', async () => {
    for (const service of ['eks', 'ec2'] as const)
      expect(awsError(await asked(service, { kind: 'dropBefore' }), 'ask', 'aws')).toMatchObject({
        ...{ code: 'Unreachable', details: { retry: 'later' } },
      })
  })

  it('a page of a proxy is told as what it is', async () => {
    const error = awsError(await asked('eks', { kind: 'html' }), 'ask', 'aws')
    expect(error).toMatchObject({ code: 'Unreachable', message: expect.stringContaining('not AWS') })
  })
})
