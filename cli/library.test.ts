import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import type { StatusReport } from '../core/engine/api.ts'
import { testFolders } from '../test/builders/folders.ts'
import { loadProject, type StormportError, subjectOf } from './library.ts'
import { observeChanges } from './observe.ts'
import { localFleet } from './recording-world.ts'

const makeFolder = testFolders('library')
let cwd = ''
beforeEach(() => {
  cwd = makeFolder()
})

const env = () => ({ HOME: cwd, PATH: process.env['PATH'] })

describe('loadProject', () => {
  test('gives the application, its targets and where it comes from', async () => {
    writeFileSync(join(cwd, 'compose.yaml'), 'name: shop\nservices:\n  web: { image: "nginx:1" }\n')
    const project = await loadProject({ cwd, env: env() })
    expect(subjectOf(project)).toMatchObject({ app: 'shop', fleet: { targets: [{ name: 'local' }] } })
    expect(project.app.services.map((service) => service.name)).toEqual(['web'])
    expect(project.origin).toMatch(/^[0-9a-f]{32}$/)
    expect((await loadProject({ cwd, env: env(), projectName: 'other' })).app.name).toBe('other')
  })

  test('throws one error with all findings of broken files', async () => {
    writeFileSync(
      join(cwd, 'compose.yaml'),
      'name: shop\nservices:\n  web: { imagee: x }\n  api: { image: y, portss: [] }\n',
    )
    const error = await loadProject({ cwd, env: env() }).then(
      () => null,
      (thrown: StormportError) => thrown,
    )
    expect(error).toMatchObject({ code: 'BadInput', details: { source: 'user' } })
    const messages = error?.details.findings?.map((finding) => finding.message).join(' ')
    expect(messages).toContain('imagee')
    expect(messages).toContain('portss')
  })
})

test('observe tells the state first, then each change, and ends when aborted', async () => {
  const ending = new AbortController()
  const states = ['progressing', 'progressing', 'healthy'] as const
  let asked = 0
  const status = async (): Promise<StatusReport> => {
    const state = states[Math.min(asked++, 2)] ?? 'healthy'
    const target = {
      name: 'local',
      provider: 'local' as const,
      reachable: true,
      observedAt: String(asked),
      state,
      release: 1,
      owed: false,
      standby: { tier: 'none', release: null, ready: false, missing: [] },
      services: [],
      because: null,
    }
    return { app: 'shop', release: 1, state, targets: [target], control: { active: false }, daemon: { version: null } }
  }
  const seen: string[] = []
  for await (const event of observeChanges(
    { status },
    { subject: { app: 'shop', fleet: localFleet }, intervalMs: 1 },
    ending.signal,
  )) {
    seen.push(event.message)
    if (seen.length === 2) ending.abort()
  }
  expect(seen).toEqual(['shop is progressing', 'shop is healthy'])
})
