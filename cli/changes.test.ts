import { describe, expect, test } from 'vitest'
import type { DeployRequest } from '../core/engine/api.ts'
import { testFolders } from '../test/builders/folders.ts'
import { events, record, resultEvent } from './recording-world.ts'

const makeFolder = testFolders('cli')

describe('changes', () => {
  test('deploy --json is lines of JSON from version to result', async () => {
    const run = await record('deploy --json', {
      cwd: makeFolder(),
      env: { STORMPORT_HOME: makeFolder() },
      engine: {
        deploy: () =>
          events(
            { message: 'created service web', target: 'local' },
            resultEvent({ targets: [{ name: 'local', outcome: 'done', release: 1, reason: null }] }),
          ),
      },
    })
    const lines = run.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.map(({ type, seq }) => [type, seq])).toEqual([
      ['version', 0],
      ['action', 1],
      ['result', 2],
    ])
    expect(lines[2]).toMatchObject({
      ok: true,
      exitCode: 0,
      summary: { targets: [{ name: 'local', outcome: 'done', release: 1 }] },
    })
    expect(run.err).toBe('')
  })

  test('flags become the request', async () => {
    const requests: DeployRequest[] = []
    const engine = {
      deploy: (_: unknown, request: DeployRequest) => {
        requests.push(request)
        return events(resultEvent())
      },
    }
    const scene = { engine, cwd: makeFolder(), env: { STORMPORT_HOME: makeFolder(), STORMPORT_ALLOW: 'expose' } }
    await record(
      'deploy web --no-wait --no-build --no-resolve --force web --on-failure keep --allow spend,hostPath --yes --timeout 60s --message hello --wait-address 1m',
      scene,
    )
    expect(requests[0]).toEqual({
      targets: null,
      timeoutMs: 60_000,
      lockWaitMs: 30_000,
      services: ['web'],
      rebalance: false,
      resolveImages: false,
      pull: false,
      allow: ['apply', 'expose', 'spend'],
      allowRisks: ['hostPath'],
      infra: true,
      savedPlan: null,
      wait: false,
      onFailure: 'keep',
      allowUnplaced: false,
      build: 'never',
      requireDigests: false,
      force: ['web'],
      message: 'hello',
      waitAddressMs: 60_000,
    })
  })

  test('in CI the lock is waited for longer', async () => {
    const waits: number[] = []
    const engine = {
      destroy: (_: unknown, request: { readonly lockWaitMs: number }) => {
        waits.push(request.lockWaitMs)
        return events(resultEvent())
      },
    }
    await record('destroy', { engine })
    await record('destroy', { engine, env: { CI: 'true' } })
    expect(waits).toEqual([30_000, 600_000])
  })

  test('a first Ctrl-C stops waiting with exit 130, TERM with 143, a second one ends at once', async () => {
    const engine = {
      async *destroy(_: unknown, __: unknown, signal: AbortSignal) {
        while (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, 1))
        yield* events(resultEvent({ ok: false, exitCode: 130 }))
      },
    }
    const interrupted = await record('destroy', { engine, signals: (send) => send('SIGINT') })
    expect(interrupted).toMatchObject({ exitCode: 130 })
    expect(interrupted.err).toContain('stopped waiting')
    const terminated = await record('destroy --json', { engine, signals: (send) => send('SIGTERM') })
    expect(terminated).toMatchObject({ exitCode: 143, err: '' })
    expect(terminated.out).toContain('"ok":false,"exitCode":143')
    const twice = await record('destroy', {
      engine,
      signals: (send) => {
        send('SIGINT')
        send('SIGINT')
      },
    })
    expect(twice.err).toContain('(ended at once with 130)')
  })

  test('exec ends with the status of the command and takes its words unchanged', async () => {
    const run = await record('exec web.2 --target local -- ls -la --json', {
      engine: {
        exec: async (subject, replica, argv) => {
          expect([subject.app, replica, argv]).toEqual([
            'shop',
            { name: 'web.2', target: 'local' },
            ['ls', '-la', '--json'],
          ])
          return 17
        },
      },
    })
    expect(run.exitCode).toBe(17)
  })
})
