// The case about events: what the target itself says of an app's objects, and of nobody else's.
import { expect } from 'vitest'
import type { TargetEvent } from '../../core/model/target-event.ts'
import type { EventQuery } from '../../core/ports.ts'
import type { Case, Cases } from './case.ts'
import { collect } from './collect.ts'
import type { Drive } from './drive.ts'

const asked = (app: string, over: Partial<EventQuery> = {}): EventQuery => ({
  app,
  services: [],
  follow: false,
  sinceMs: null,
  ...over,
})

const tellsEvents: Case = async (d) => {
  const [app, other] = [d.newApp(), d.newApp()]
  const { provider, target } = d.harness
  const read = (query: EventQuery) => Array.fromAsync(provider.events(target, query, d.signal()))
  await d.ready({ app: other, services: { web: 1 } })
  await d.ready({ app, services: { web: 1, api: 1 } })
  const seen = await d.until('events of both services', async () => {
    const found = await read(asked(app))
    return ['web', 'api'].every((s) => found.some((e) => e.service === s && e.replica !== null)) ? found : undefined
  })
  for (const event of seen)
    expect(event).toMatchObject({
      target: target.name,
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z$/),
      severity: expect.stringMatching(/^(normal|warning)$/),
      reason: expect.stringMatching(/^[A-Z]\w+$/),
      count: expect.any(Number),
    })
  expect(seen.map((e) => e.at)).toEqual(seen.map((e) => e.at).sort())
  expect((await read(asked(app, { services: ['api'] }))).filter((e) => e.service !== 'api')).toEqual([])
  expect(await read(asked(app, { sinceMs: Date.now() + 3_600_000 }))).toEqual([])
  await followsEvents(d, app, other)
}

const followsEvents = async (d: Drive, app: string, other: string): Promise<void> => {
  const { provider, target, readyWithinMs } = d.harness
  const events = collect<TargetEvent>((signal) => provider.events(target, asked(app, { follow: true }), signal))
  try {
    const replicas = () => new Set(events.items.flatMap((e) => (e.service === 'web' ? (e.replica ?? []) : [])))
    await d.until('what was there', async () => (replicas().size >= 1 ? true : undefined))
    await d.deploy({ app, services: { web: 2, api: 1 } })
    await d.until('the new replica', async () => (replicas().size >= 2 ? true : undefined), readyWithinMs)
    const theirs = new Set((await provider.observe(target, other, d.signal())).replicas.map((r) => r.id))
    expect(events.items.filter((e) => e.replica !== null && theirs.has(e.replica))).toEqual([])
    expect(events.failed).toEqual([])
  } finally {
    await events.end()
  }
}

export const eventCases: Cases = { 'tells what happens to its replicas, of this app alone': tellsEvents }
