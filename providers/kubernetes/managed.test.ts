import { afterEach, describe, expect, it } from 'vitest'
import { StormportError } from '../../core/errors.ts'
import type { Target } from '../../core/model/fleet.ts'
import type { Check, Provider } from '../../core/ports.ts'
import { target } from '../../test/builders/app.ts'
import { startFakeKubeApi } from '../../test/fakes/kube-api/index.ts'
import { createManagedProvider, type ManagedClusters, type ManagedPhase, rememberedBy } from './managed.ts'

const never = new AbortController().signal
const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close()
})

interface Scene {
  readonly provider: Provider
  readonly target: Target
  /** How often the way in was asked for. */
  readonly asked: { access: number; closed: number }
}

const scene = async (phase: ManagedPhase, over: Partial<ManagedClusters> = {}): Promise<Scene> => {
  const server = await startFakeKubeApi()
  const asked = { access: 0, closed: 0 }
  const clusters: ManagedClusters = {
    kind: 'eks',
    phase: async () => phase,
    declares: () => false,
    absent: ({ name }) => new StormportError('NotFound', `${name} is not there`),
    access: async () => {
      asked.access += 1
      const user = { kind: 'anonymous' } as const
      return { server: server.url, ca: null, tlsServerName: null, namespace: null, context: 'cloud', user }
    },
    check: async () => [{ name: 'account', ok: true, message: 'signed in' }],
    offerings: async () => [],
    infrastructure: {
      observe: () => Promise.reject(new Error('not asked')),
      render: () => [],
      replaces: () => undefined,
      apply: () => Promise.reject(new Error('not asked')),
      leftovers: async () => [],
    },
    close: () => {
      asked.closed += 1
    },
    ...over,
  }
  const provider = createManagedProvider(clusters, {})
  opened.push(provider, server)
  return { provider, target: target('aws', { provider: 'eks', settings: { cluster: 'c' } }), asked }
}

describe('the provider of a managed cluster', () => {
  it('refuses one that is neither there nor declared', async () => {
    const s = await scene('absent')
    await expect(s.provider.observe(s.target, 'shop', never)).rejects.toMatchObject({ code: 'NotFound' })
  })

  it.each(['absent', 'coming'] as const)(
    'plans one that is declared and %s from assumed facts, without asking it',
    async (phase) => {
      const s = await scene(phase, { declares: () => true })
      const state = await s.provider.observe(s.target, 'shop', never)
      expect(state).toMatchObject({ reachable: true, complete: true, identity: '', objects: [], head: null })
      expect(state.facts.assumed).toBe(true)
      expect(await s.provider.capacity(s.target, never)).toMatchObject({ kind: 'unknown' })
      expect(await s.provider.apps(s.target, never)).toEqual([])
      expect(s.asked.access).toBe(0)
    },
  )

  it('asks one that is up, by a way in that is found once', async () => {
    const s = await scene('up')
    const state = await s.provider.observe(s.target, 'shop', never)
    expect(state.identity).not.toBe('')
    expect(await s.provider.records(s.target, 'shop').head()).toBeNull()
    expect(s.asked.access).toBe(1)
  })

  it('never takes one that is down for an empty one', async () => {
    const gone = new StormportError('Unreachable', 'stopped')
    const s = await scene('down', { declares: () => true, access: () => Promise.reject(gone) })
    await expect(s.provider.observe(s.target, 'shop', never)).rejects.toBe(gone)
  })

  it('checks the cloud first, and the cluster only behind good news', async () => {
    const bad: Check = { name: 'account', ok: false, message: 'another account' }
    const s = await scene('up', { check: async () => [bad] })
    expect(await s.provider.check(s.target, never)).toEqual([bad])
    expect(s.asked.access).toBe(0)
    const good = await scene('up')
    expect((await good.provider.check(good.target, never)).length).toBeGreaterThan(1)
  })

  it('closes what its cloud holds', async () => {
    const s = await scene('up')
    await s.provider.close()
    expect(s.asked.closed).toBe(1)
  })
})

describe('what is remembered of targets', () => {
  it('is made once for each stanza, and ended when it is forgotten', () => {
    const ended: string[] = []
    let made = 0
    const remembered = rememberedBy((of) => {
      made += 1
      return `${of.name}${made}`
    })
    const one = target('a', { settings: { cluster: 'c' } })
    expect(remembered.of(one)).toBe(remembered.of({ ...one }))
    expect(remembered.of({ ...one, settings: { cluster: 'd' } })).not.toBe(remembered.of(one))
    remembered.clear((value) => void ended.push(value))
    expect(ended).toEqual(['a1', 'a2'])
    expect(remembered.of(one)).toBe('a3')
  })
})
