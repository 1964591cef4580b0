// Runs the probes of all replicas that run: one timer each, results through the state machine of reconcile/probe.ts.
import { connect } from 'node:net'
import { Writable } from 'node:stream'
import { isStormportError } from '../../../core/errors.ts'
import type { Healthcheck } from '../../../core/model/app.ts'
import type { DaemonClock } from './clock.ts'
import { revealedTest } from './materialize.ts'
import type { Alloc } from './model.ts'
import type { PoolNode } from './nodes.ts'
import {
  afterProbe,
  firstProbe,
  nextProbeAt,
  type ProbePlan,
  type ProbeResult,
  type ProbeState,
  probePlan,
} from './reconcile/probe.ts'
import type { SecretFiles } from './secrets.ts'

export interface Probes {
  /** Idempotent: probing starts once an allocation runs and ends with it. */
  watch(alloc: Alloc, node: PoolNode): void
  drop(id: string): void
  close(): void
}

export interface ProbeDeps {
  readonly clock: DaemonClock
  readonly secrets: SecretFiles
  /** Health, or the reason for it, has changed. */
  readonly changed: (id: string, state: ProbeState) => void
}

interface Watched {
  readonly over: AbortController
  cancel: () => void
}

interface ProbeRun {
  readonly plan: ProbePlan
  readonly alloc: Alloc
  readonly node: PoolNode
  readonly mine: Watched
}

export const createProbes = (deps: ProbeDeps): Probes => {
  const watched = new Map<string, Watched>()

  const arm = (run: ProbeRun, from: ProbeState): void => {
    const at = nextProbeAt(run.plan, from, deps.clock.now())
    if (at === null || run.mine.over.signal.aborted) return
    run.mine.cancel = deps.clock.at(at, () => void probeOnce(run, from))
  }
  const probeOnce = async (run: ProbeRun, from: ProbeState): Promise<void> => {
    const result = await probe(
      run.plan,
      { alloc: run.alloc, node: run.node, secrets: deps.secrets },
      run.mine.over.signal,
    )
    if (run.mine.over.signal.aborted || result === null) return
    const next = afterProbe(run.plan, from, result, deps.clock.now())
    if (next.health !== from.health || next.reason !== from.reason || next.failures !== from.failures)
      deps.changed(run.alloc.id, next)
    arm(run, next)
  }
  const begin = async (alloc: Alloc, node: PoolNode, mine: Watched): Promise<void> => {
    const seenAt = deps.clock.now()
    const plan = probePlan(alloc.spec.body, await imageCheck(alloc, node, mine.over.signal))
    // Adopted replicas keep the health that they had: a daemon restart is no reason to take one out of service.
    const state: ProbeState = {
      ...firstProbe(alloc.startedAt ?? seenAt, seenAt),
      health: alloc.health,
      tries: alloc.health === 'starting' ? 0 : 1,
    }
    arm({ plan, alloc, node, mine }, state)
  }
  return {
    watch: (alloc, node) => {
      if (watched.has(alloc.id)) return
      const mine: Watched = { over: new AbortController(), cancel: () => undefined }
      watched.set(alloc.id, mine)
      void begin(alloc, node, mine)
    },
    drop: (id) => {
      const mine = watched.get(id)
      watched.delete(id)
      mine?.over.abort()
      mine?.cancel()
    },
    close: () => {
      for (const mine of watched.values()) {
        mine.over.abort()
        mine.cancel()
      }
      watched.clear()
    },
  }
}

const imageCheck = async (alloc: Alloc, node: PoolNode, signal: AbortSignal): Promise<Healthcheck | null> => {
  const { body } = alloc.spec
  if (body.healthcheck !== null || body.container.image === null) return null
  try {
    return (await node.engine.driver.imageHealthcheck?.(body.container.image, signal)) ?? null
  } catch {
    return null
  }
}

interface Probed {
  readonly alloc: Alloc
  readonly node: PoolNode
  readonly secrets: SecretFiles
}

/** null: nothing can be said, because we are leaving. */
const probe = async (plan: ProbePlan, on: Probed, signal: AbortSignal): Promise<ProbeResult | null> => {
  try {
    switch (plan.kind) {
      case 'none':
      case 'uptime':
        return { ok: true }
      case 'tcp':
        return await anyAccepts(plan.ports, on, signal)
      case 'exec':
        return await runCheck(plan.check, on, signal)
      default:
        return plan satisfies never
    }
  } catch (error) {
    if (signal.aborted) return null
    return { ok: false, reason: isStormportError(error) ? error.message : 'the check could not run' }
  }
}

const anyAccepts = async (ports: readonly number[], on: Probed, signal: AbortSignal): Promise<ProbeResult> => {
  for (const port of ports) {
    const address = await on.node.engine.driver.address(on.alloc.id, port, signal)
    // Out of our reach: all that can be seen is that it runs.
    if (address === null) return { ok: true }
    if (await accepts(address, signal)) return { ok: true }
  }
  return {
    ok: false,
    reason: `nothing accepts connections on ${ports.length === 1 ? `port ${ports[0]}` : `ports ${ports.join(', ')}`}`,
  }
}

const CONNECT_MS = 1_000

const accepts = (address: { readonly host: string; readonly port: number }, signal: AbortSignal): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ ...address, signal })
    socket.setTimeout(CONNECT_MS, () => socket.destroy())
    socket.on('connect', () => {
      resolve(true)
      socket.destroy()
    })
    socket.on('error', () => resolve(false))
    socket.on('close', () => resolve(false))
  })

const runCheck = async (
  check: Healthcheck & { readonly test: NonNullable<Healthcheck['test']> },
  on: Probed,
  signal: AbortSignal,
): Promise<ProbeResult> => {
  const output = tailSink()
  const [form, ...rest] = revealedTest(on.alloc, on.secrets, check.test)
  const argv = form === 'CMD-SHELL' ? ['/bin/sh', '-c', rest[0] ?? ''] : form === 'CMD' ? rest : [form ?? '', ...rest]
  const deadline = AbortSignal.timeout(check.timeoutMs)
  try {
    const code = await on.node.engine.driver.exec(
      on.alloc.id,
      argv,
      { stdin: null, stdout: output.sink, stderr: output.sink, tty: null },
      AbortSignal.any([signal, deadline]),
    )
    return code === 0
      ? { ok: true }
      : { ok: false, reason: `the check exits with ${code}${output.text() === '' ? '' : `: ${output.text()}`}` }
  } catch (error) {
    if (!deadline.aborted || signal.aborted) throw error
    return { ok: false, reason: `the check has not answered in ${check.timeoutMs / 1000} s` }
  }
}

const KEPT_BYTES = 400

const tailSink = (): { readonly sink: Writable; readonly text: () => string } => {
  let held = ''
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      held = (held + chunk.toString('utf8')).slice(-KEPT_BYTES)
      done()
    },
  })
  return { sink, text: () => held.trim().split('\n').at(-1) ?? '' }
}
