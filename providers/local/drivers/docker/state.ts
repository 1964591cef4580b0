// What an inspect answer says of an allocation.
import { constants } from 'node:os'
import type { AllocPhase, AllocState } from '../../daemon/driver.ts'
import type { ContainerInspect } from './api.ts'
import { identityOf } from './labels.ts'

export const stateOf = (container: ContainerInspect): AllocState => {
  const { State } = container
  const phase = phaseOf(State.Status)
  const ended = phase === 'exited'
  return {
    ...identityOf(container.Config.Labels),
    phase,
    native: container.Id,
    startedAt: time(State.StartedAt),
    finishedAt: ended ? time(State.FinishedAt) : null,
    exitCode: ended ? State.ExitCode : null,
    signal: ended ? signalOf(State.ExitCode) : null,
    oomKilled: State.OOMKilled,
    image: container.Image,
  }
}

/** It is not there (any more): nothing but its id is known. */
export const goneState = (id: string): AllocState => ({
  ...identityOf(null),
  id,
  phase: 'gone',
  native: '',
  startedAt: null,
  finishedAt: null,
  exitCode: null,
  signal: null,
  oomKilled: false,
  image: null,
})

const phaseOf = (status: string): AllocPhase => {
  if (status === 'created') return 'created'
  return status === 'running' || status === 'paused' || status === 'restarting' ? 'running' : 'exited'
}

/** Engines write the year 1 for "never". */
const time = (text: string): string | null => (text === '' || text.startsWith('0001-') ? null : text)

/** By the shell's convention: 128 plus the signal's number. */
const signalOf = (exitCode: number): string | null => {
  if (exitCode <= 128) return null
  return Object.entries(constants.signals).find(([, number]) => number === exitCode - 128)?.[0] ?? null
}
