// Which cluster it is: a context that leads elsewhere than the file or the release says ends with exit 9 before anything is
// written there.
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Plane, requestsOf, startPlane } from '../../clusters/index.ts'
import { administrator } from './access.ts'
import { createWorld, wordsOf } from './world.ts'

const NODES = [{ name: 'node-1', cpu: '16', memory: '64Gi' }]
const USER = 'deployer'
const COMPOSE = 'services:\n  web: { image: "web:1", deploy: { replicas: 2 }, x-stormport: { place: { each: 1 } } }\n'
const READS: ReadonlySet<string> = new Set(['get', 'list', 'watch'])

describe('a cluster that is not the one that was meant', () => {
  let home: Plane
  let other: Plane
  let homeConfig: string
  let otherConfig: string
  beforeAll(async () => {
    home = await startPlane({ name: 'home', nodes: NODES, audit: [USER] })
    other = await startPlane({ name: 'other', nodes: NODES, audit: [USER] })
    homeConfig = await administrator(home, USER)
    otherConfig = await administrator(other, USER)
  })
  afterAll(async () => {
    await home?.stop()
    await other?.stop()
  })

  const writesOn = async (plane: Plane): Promise<number> =>
    (await requestsOf(plane, USER)).filter((r) => !READS.has(r.verb)).length

  it('is refused by the pin of `server:`, and is not even asked', async () => {
    const world = createWorld('pinned', [{ name: 'rack', kubeconfig: otherConfig, settings: { server: home.server } }])
    const before = (await requestsOf(other, USER)).length
    const told = await world.deploy(COMPOSE)
    expect(told.result.exitCode, wordsOf(told)).toBe(9)
    expect(wordsOf(told)).toContain(`leads to ${other.server}, not to ${home.server}`)
    expect((await requestsOf(other, USER)).length).toBe(before)
    await world.close()
  })

  it('is refused by the identity in the release when a context was re-pointed', async () => {
    // The file stays, what it leads to changes: as `aws eks update-kubeconfig` or a restored laptop do it.
    const moving = join(home.folder, 'moving.kubeconfig')
    await copyFile(homeConfig, moving)
    const places = [
      { name: 'rack', kubeconfig: homeConfig, settings: { namespace: 'shop-rack' } },
      { name: 'edge', kubeconfig: moving, settings: { namespace: 'shop-edge' } },
    ]
    const world = createWorld('shop', places)
    const first = await world.deploy(COMPOSE)
    expect(first.result.exitCode, wordsOf(first)).toBe(0)
    await world.close()
    await copyFile(otherConfig, moving)
    const before = [await writesOn(home), await writesOn(other)]
    const again = createWorld('shop', places)
    const told = await again.deploy(COMPOSE.replace('web:1', 'web:2'), ['override'])
    expect(told.result.exitCode, wordsOf(told)).toBe(9)
    expect(wordsOf(told)).toContain('SP3115')
    expect([await writesOn(home), await writesOn(other)]).toEqual(before)
    await again.close()
  })
})
