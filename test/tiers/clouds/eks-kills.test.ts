// A command that ends after any of its calls to the cloud, then the same command again: the same cloud in the end, nothing made
// twice, nothing left. By the engine, the adapter and the real SDK clients on the AWS stand-in.
import { afterEach, describe, expect, it } from 'vitest'
import type { Target } from '../../../core/model/fleet.ts'
import { createEksStand, type EksStand, eksTarget, NETWORK } from '../../clouds/stand.ts'

const stands: EksStand[] = []
const stand = async (): Promise<EksStand> => {
  const made = await createEksStand()
  stands.push(made)
  return made
}
afterEach(async () => {
  for (const each of stands.splice(0)) {
    expect(each.aws.defects).toEqual([])
    await each.close()
  }
})

const target = (instance: string): Target =>
  eksTarget(
    {
      create: {
        version: '1.36',
        nodes: 'managed',
        network: NETWORK,
        access: [{ principal: 'arn:aws:iam::123456789012:role/dev', role: 'view' }],
      },
    },
    { p: { instances: [instance], min: 1, max: 2 } },
  )

/** Everything that stands, without what differs by chance: times and ids that were given. */
const standing = ({ aws }: EksStand) => {
  const cluster = aws.state.clusters.get('shop-prod')
  return {
    cluster: { ...cluster?.value, createdAt: null, resourcesVpcConfig: cluster?.value.resourcesVpcConfig?.subnetIds },
    groups: [...(cluster?.groups.values() ?? [])].map(({ value }) => ({
      ...value,
      createdAt: null,
      nodegroupArn: null,
    })),
    addons: [...(cluster?.addons.keys() ?? [])].sort(),
    access: [...(cluster?.access.values() ?? [])].map(({ value, policies }) => [
      value.principalArn,
      value.tags,
      policies.map((policy) => policy.policyArn),
    ]),
    roles: [...aws.state.roles].map(([name, role]) => [name, [...role.policies].sort(), role.role.Tags]),
  }
}

describe('a command that was ended', () => {
  it('after any call of a create leaves what the same command completes', { timeout: 240_000 }, async () => {
    const undisturbed = await stand()
    await undisturbed.up(target('m7i.xlarge'))
    const wanted = standing(undisturbed)
    let cuts = 0
    for (let calls = 1; ; calls += calls < 60 ? 1 : 7) {
      const s = await stand()
      if (!(await s.upUntil(target('m7i.xlarge'), calls))) break
      cuts += 1
      expect((await s.up(target('m7i.xlarge'))).kind, `cut after call ${calls}`).toBe('ready')
      expect(standing(s), `cut after call ${calls}`).toEqual(wanted)
    }
    expect(cuts).toBeGreaterThan(40)
  })

  it('after any call of a pool change leaves one group, the new one', { timeout: 240_000 }, async () => {
    let cuts = 0
    for (let calls = 1; ; calls += 1) {
      const s = await stand()
      await s.up(target('m7i.xlarge'))
      if (!(await s.upUntil(target('m7i.2xlarge'), calls))) break
      cuts += 1
      expect((await s.up(target('m7i.2xlarge'))).kind, `cut after call ${calls}`).toBe('ready')
      const groups = [...(s.aws.state.clusters.get('shop-prod')?.groups.values() ?? [])]
      expect(
        groups.map((group) => group.value.instanceTypes),
        `cut after call ${calls}`,
      ).toEqual([['m7i.2xlarge']])
    }
    expect(cuts).toBeGreaterThan(10)
  })
})
