import { describe, expect, it } from 'vitest'
import { app, fleet, service, target } from '../../test/builders/app.ts'
import type { Service } from '../model/app.ts'
import type { ImageFacts } from '../model/native-object.ts'
import type { EngineDeps } from './api.ts'
import { describeImages } from './images.ts'

const never = new AbortController().signal
const DIGEST = `@sha256:${'a'.repeat(64)}`

const ask = async (
  images: Readonly<Record<string, string>>,
  over: {
    readonly known?: Readonly<Record<string, ImageFacts>>
    readonly provider?: 'local' | 'kubernetes'
    readonly resolve?: boolean
    readonly services?: readonly Service[]
  } = {},
) => {
  const asked: string[] = []
  const resolver = {
    resolve: async () => [],
    describe: async (references: readonly string[]) => {
      asked.push(...references)
      return Object.fromEntries(references.map((r) => [r, { user: '1001' }]))
    },
  }
  const deps = { images: resolver } as unknown as EngineDeps // no more is used
  const { known = {}, provider = 'kubernetes', resolve = true, services = [] } = over
  const targets = fleet([target('rack', { provider })])
  return {
    facts: await describeImages({ app: app(services), images, fleet: targets, resolve, known }, deps, never),
    asked,
  }
}

describe('what images say of themselves', () => {
  it('is asked once for each digest, and never of a tag', async () => {
    const { facts, asked } = await ask({ web: `web:1${DIGEST}`, api: `web:1${DIGEST}`, db: 'db:1' })
    expect(asked).toEqual([`web:1${DIGEST}`])
    expect(facts).toEqual({ [`web:1${DIGEST}`]: { user: '1001' } })
  })

  it('is not asked again when the newest release knows it, and kept also without network', async () => {
    const known = { [`web:1${DIGEST}`]: { user: '7' }, [`old:1${DIGEST}`]: { user: '8' } }
    for (const resolve of [true, false])
      expect(await ask({ web: `web:1${DIGEST}` }, { known, resolve })).toEqual({
        facts: { [`web:1${DIGEST}`]: { user: '7' } },
        asked: [],
      })
  })

  it('is not asked where the file states the user, unless a stop signal must be that of the image', async () => {
    const [web, db] = [`web:1${DIGEST}`, `db:1${DIGEST}`]
    const compose = { user: '10001' }
    const stop = { gracePeriodMs: 10_000, signal: 'SIGQUIT' }
    const services = [service('web', { compose }), service('db', { compose, stop })]
    expect((await ask({ web, db }, { services })).asked).toEqual([db])
    // Another service runs the same image and says nothing.
    expect((await ask({ web, api: web }, { services })).asked).toEqual([web])
  })

  it('is of no interest to local targets', async () => {
    expect(await ask({ web: `web:1${DIGEST}` }, { provider: 'local' })).toEqual({ facts: {}, asked: [] })
  })
})
