// The process driver on real processes: from create to remove.
import { readdirSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  begin,
  exited,
  grace,
  hasLine,
  logsOf,
  never,
  open,
  shell,
  specOf,
  stand,
  until,
  useStand,
} from './driver-stand.ts'
import { MARK } from './launch.ts'
import { isAlive, pidsWithEnvironment, readBootId } from './proc.ts'
import { readPids } from './record.ts'

useStand()

describe('life of a host process', () => {
  it('goes from created over running to exited, with code and times', async () => {
    const driver = open()
    const spec = specOf(shell('read line < gate; exit 3'))
    expect((await driver.create(spec, never)).phase).toBe('created')
    await writeFile(join(stand.root, 'gate'), '')
    expect(['running', 'exited']).toContain((await driver.start(spec.id, never)).phase)
    const state = await exited(driver, spec.id)
    expect(state).toMatchObject({ exitCode: 3, signal: null, oomKilled: false, app: 'a', service: 's', slot: 1 })
    expect(Date.parse(state.finishedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(state.startedAt ?? ''))
  })

  it('runs exactly the argv in the folder that the mounts give, and only a wrapper has more words', async () => {
    const driver = open()
    await writeFile(
      join(stand.root, 'server.mjs'),
      'setInterval(() => {}, 1000); console.log("up", process.argv.length)',
    )
    const spec = specOf(
      ['node', 'server.mjs'],
      {},
      {
        workingDir: '/app',
        mounts: [
          {
            kind: 'bind',
            source: stand.root,
            target: '/app',
            readOnly: false,
            createHostPath: true,
            propagation: null,
          },
        ],
      },
    )
    const { native } = await begin(driver, spec)
    await hasLine(driver, spec.id, 'up 2')
    const pid = native.split(':')[0]
    expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).toBe('node\0server.mjs\0')
    const shim = readPids(stand.stateDir, spec.id)?.shim.pid
    expect(readFileSync(`/proc/${shim}/cmdline`, 'utf8')).not.toMatch(/^node/)
    await driver.stop(spec.id, grace, never)
  })

  it('passes the leased ports and the environment, and no secret on a command line', async () => {
    const driver = open()
    const ports = [
      { containerPort: 8080, hostPort: 20_123, protocol: 'tcp' as const, hostIp: null },
      { containerPort: 9090, hostPort: 20_124, protocol: 'tcp' as const, hostIp: null },
    ]
    const spec = specOf(
      shell('echo "$PORT $PORT_8080 $PORT_9090 $KEY"; exec sleep 60'),
      { ports },
      { environment: { KEY: 'hunter2-canary', PORT: '1' } },
    )
    await begin(driver, spec)
    await hasLine(driver, spec.id, '20123 20123 20124 hunter2-canary')
    const pids = readPids(stand.stateDir, spec.id)
    for (const pid of [pids?.shim.pid, pids?.main.pid])
      expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).not.toContain('hunter2')
    expect(await driver.address(spec.id, 9090, never)).toEqual({ host: '127.0.0.1', port: 20_124 })
    expect(await driver.address(spec.id, 1, never)).toBeNull()
    await driver.stop(spec.id, grace, never)
  })

  it('is created and started once, however often it is asked', async () => {
    const driver = open()
    const spec = specOf(shell('echo once; exec sleep 60'))
    await driver.create(spec, never)
    const states = await Promise.all([1, 2, 3].map(() => driver.start(spec.id, never)))
    expect(new Set(states.map((state) => state.native)).size).toBe(1)
    await begin(driver, spec)
    await hasLine(driver, spec.id, 'once')
    expect((await logsOf(driver, spec.id)).length).toBe(1)
    expect((await driver.list(never)).map((state) => state.id)).toEqual([spec.id])
  })

  it('stops by TERM and reports the exit code that the process chose', async () => {
    const driver = open()
    const spec = specOf(shell('trap "exit 5" TERM; echo up; while :; do sleep 0.05; done'))
    await begin(driver, spec)
    await hasLine(driver, spec.id, 'up')
    expect(await driver.stop(spec.id, grace, never)).toMatchObject({ phase: 'exited', exitCode: 5, signal: null })
  })

  it('kills the whole group after the grace, also what left the group', async () => {
    const driver = open()
    const spec = specOf(
      shell(
        'trap "" TERM; setsid sh -c "trap \\"\\" TERM; sleep 60; sleep 60" & echo up; while :; do sleep 0.05; done',
      ),
    )
    await begin(driver, spec)
    await hasLine(driver, spec.id, 'up')
    const state = await driver.stop(spec.id, { gracePeriodMs: 100, signal: 'SIGTERM' }, never)
    expect(state).toMatchObject({ phase: 'exited', exitCode: 137, signal: 'SIGKILL' })
    expect(pidsWithEnvironment(MARK, spec.id)).toEqual([])
  })

  it('uses the stop signal of the file', async () => {
    const driver = open()
    const spec = specOf(shell('trap "exit 9" USR1; echo up; while :; do sleep 0.05; done'))
    await begin(driver, spec)
    await hasLine(driver, spec.id, 'up')
    expect((await driver.stop(spec.id, { gracePeriodMs: 3000, signal: 'USR1' }, never)).exitCode).toBe(9)
  })

  it('passes a TERM at the shim on and still writes the true exit code', async () => {
    const driver = open()
    const spec = specOf(shell('trap "sleep 0.1; exit 4" TERM; echo up; while :; do sleep 0.05; done'))
    await begin(driver, spec)
    await hasLine(driver, spec.id, 'up')
    process.kill(readPids(stand.stateDir, spec.id)?.shim.pid ?? 0, 'SIGTERM')
    expect((await exited(driver, spec.id)).exitCode).toBe(4)
  })

  it('ends what the process left behind when the process itself exits', async () => {
    const driver = open()
    const spec = specOf(shell('setsid sleep 60 & exit 0'))
    await begin(driver, spec)
    await exited(driver, spec.id)
    await until('nothing left', () => pidsWithEnvironment(MARK, spec.id).length === 0)
  })

  it('says in the log that a command does not exist, and exits 127', async () => {
    const driver = open()
    const spec = specOf(['no-such-command-here'])
    await begin(driver, spec)
    expect((await exited(driver, spec.id)).exitCode).toBe(127)
    expect((await logsOf(driver, spec.id)).map((line) => line.text).join()).toContain('no-such-command-here')
  })

  it('refuses a working directory that does not exist, before anything runs', async () => {
    const driver = open()
    const spec = specOf(shell('true'), {}, { workingDir: '/no/such/folder' })
    await driver.create(spec, never)
    await expect(driver.start(spec.id, never)).rejects.toMatchObject({ code: 'InvalidSpec' })
  })

  it('stopping and removing what is gone is fine', async () => {
    const driver = open()
    expect((await driver.stop('0123456789ab', grace, never)).phase).toBe('gone')
    await driver.remove('0123456789ab', never)
    expect(await driver.inspect('0123456789ab', never)).toBeNull()
  })

  it('removes everything that create made, also while it runs', async () => {
    const driver = open()
    const spec = specOf(
      shell('trap "" TERM; exec sleep 60'),
      {},
      { files: [{ target: '/run/secrets/key', content: 'x', uid: null, gid: null, mode: null }] },
    )
    await begin(driver, spec)
    const pids = readPids(stand.stateDir, spec.id)
    await driver.remove(spec.id, never)
    expect(await driver.list(never)).toEqual([])
    expect(readdirSync(join(stand.stateDir, 'allocs'))).toEqual([])
    await until('the shim is gone', () => pids !== null && !isAlive(pids.shim, readBootId()))
    expect(readdirSync(join(stand.stateDir, 'exits'))).toEqual([])
  })

  it('gives configs and secrets as files that only the owner can read', async () => {
    const driver = open()
    const spec = specOf(
      shell('cat "$STORMPORT_SECRETS/key" "$KEY_FILE" "$0"'),
      {},
      {
        command: [
          'sh',
          '-c',
          'cat "$STORMPORT_SECRETS/key" "$KEY_FILE" "$0"; echo; stat -c %a "$0"',
          '/run/secrets/key',
        ],
        environment: { KEY_FILE: '/run/secrets/key' },
        files: [{ target: '/run/secrets/key', content: 'v', uid: null, gid: null, mode: 0o444 }],
      },
    )
    await begin(driver, spec)
    await exited(driver, spec.id)
    expect((await logsOf(driver, spec.id)).map((line) => line.text)).toEqual(['vvv', '400'])
  })
})
