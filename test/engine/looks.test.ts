// How often a deploy looks at a target: once, where the lock shows that nobody of us can have been there since.
import { afterEach, describe, expect, it } from 'vitest'
import type { Lease, Provider } from '../../core/ports.ts'
import { app, service } from '../builders/app.ts'
import { createStand, request, type Stand, told } from './stand.ts'

const never = new AbortController().signal
let s: Stand
afterEach(() => s.close())

const shop = (image: string) => app([service('web', { image })])

interface Watched {
  looks: number
  /** Runs when the lock is asked for. */
  meanwhile: () => Promise<void>
}

const start = async (uncontested: boolean): Promise<Watched> => {
  const seen: Watched = { looks: 0, meanwhile: async () => undefined }
  const around = (provider: Provider): Provider => ({
    ...provider,
    observe: (...args) => {
      seen.looks += 1
      return provider.observe(...args)
    },
    lease: async (...args): Promise<Lease> => {
      await seen.meanwhile()
      return { ...(await provider.lease(...args)), uncontested }
    },
  })
  s = await createStand({ targets: ['east'], around })
  return seen
}

const deploy = async (image: string): Promise<number> =>
  (await told(s.engine.deploy(s.project(shop(image)), request(), never))).result.exitCode

describe('a deploy looks at a target', () => {
  it('once, when the lock stood free and the head has not moved', async () => {
    const seen = await start(true)
    expect(await deploy('web:1')).toBe(0)
    expect(seen.looks).toBe(1)
    expect(await deploy('web:2')).toBe(0)
    expect(seen.looks).toBe(2)
    expect((await s.engine.status({ app: 'shop', fleet: s.fleet }, null, never)).targets[0]).toMatchObject({
      release: 2,
      state: 'healthy',
    })
  })

  it('again under the lock, when it cannot be told whether somebody held it', async () => {
    const seen = await start(false)
    expect(await deploy('web:1')).toBe(0)
    expect(seen.looks).toBe(2)
  })

  it('again under the lock, when another command has moved the head in between', async () => {
    const seen = await start(true)
    expect(await deploy('web:1')).toBe(0)
    seen.looks = 0
    seen.meanwhile = async () => {
      seen.meanwhile = async () => undefined
      await deploy('web:2')
    }
    expect(await deploy('web:3')).toBe(0)
    // One of the command in between, two of this one.
    expect(seen.looks).toBe(3)
    expect((await s.engine.status({ app: 'shop', fleet: s.fleet }, null, never)).release).toBe(3)
  })
})
