// Runs a command inside a container and carries its input and output; a command that was given up is ended where possible.
import { readFile } from 'node:fs/promises'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { isStormportError, StormportError } from '../../../../core/errors.ts'
import type { ExecIo } from '../../../../core/ports.ts'
import type { ContainerInspect, ExecInspect } from './api.ts'
import type { EngineClient } from './client.ts'
import { connectionError } from './errors.ts'
import { framesOf } from './frames.ts'

/** What shells say of a command that is not there. */
const NOT_FOUND = 127
const EXIT_MS = 10_000

export interface ExecRequest {
  readonly container: ContainerInspect
  readonly argv: readonly string[]
  readonly io: ExecIo
}

export const execIn = async (client: EngineClient, request: ExecRequest, signal: AbortSignal): Promise<number> => {
  const id = await prepare(client, request, signal)
  try {
    const socket = await client.hijack(
      {
        method: 'POST',
        path: `/exec/${id}/start`,
        json: { Detach: false, Tty: request.io.tty !== null },
        operation: 'run a command in the container',
      },
      signal,
    )
    await carry({ client, id, socket, io: request.io }, signal)
  } catch (error) {
    if (signal.aborted) await endExec(client, id)
    return notFound(error, request.io)
  }
  return exitCode(client, id, signal)
}

const prepare = async (
  client: EngineClient,
  { container, argv, io }: ExecRequest,
  signal: AbortSignal,
): Promise<string> => {
  const json = {
    AttachStdin: io.stdin !== null,
    AttachStdout: true,
    AttachStderr: true,
    Tty: io.tty !== null,
    Cmd: argv,
  }
  const path = `/containers/${container.Id}/exec`
  return (
    await client.json<{ Id: string }>(
      { method: 'POST', path, json, operation: 'run a command in the container' },
      signal,
    )
  ).Id
}

interface Session {
  readonly client: EngineClient
  readonly id: string
  readonly socket: Duplex
  readonly io: ExecIo
}

const carry = async (session: Session, signal: AbortSignal): Promise<void> => {
  const { io, socket } = session
  const endInput = forwardInput(io, socket)
  const endResize = followSize(session, signal)
  try {
    for await (const frame of framesOf(socket, io.tty !== null)) {
      await write(frame.stream === 'stderr' ? io.stderr : io.stdout, frame.data)
    }
    if (signal.aborted) throw signal.reason
  } catch (error) {
    throw connectionError(error, 'the node', signal)
  } finally {
    endInput()
    endResize()
    socket.destroy()
  }
}

/** Half-closes the connection when the input ends: that is the command's end of file. */
const forwardInput = (io: ExecIo, socket: Duplex): (() => void) => {
  const { stdin } = io
  if (stdin === null) return () => {}
  stdin.pipe(socket)
  return () => {
    stdin.unpipe(socket)
    stdin.pause()
  }
}

const followSize = ({ client, id, io }: Session, signal: AbortSignal): (() => void) => {
  if (io.tty === null) return () => {}
  const resize = (columns: number, rows: number): void => {
    const query = { w: columns, h: rows }
    // The command may have ended meanwhile; its size then matters to nobody.
    client
      .json({ method: 'POST', path: `/exec/${id}/resize`, query, operation: 'resize the terminal' }, signal)
      .catch(() => {})
  }
  resize(io.tty.columns, io.tty.rows)
  const { stdout } = io
  const changed = (): void => {
    if ('columns' in stdout && 'rows' in stdout) resize(Number(stdout.columns), Number(stdout.rows))
  }
  stdout.on('resize', changed)
  return () => stdout.off('resize', changed)
}

const write = (to: NodeJS.WritableStream, data: Buffer): Promise<void> =>
  new Promise((resolve, reject) => {
    to.write(data, (error) => (error ? reject(error) : resolve()))
  })

/** The output may end a moment before the engine has noted the exit. */
const exitCode = async (client: EngineClient, id: string, signal: AbortSignal): Promise<number> => {
  const deadline = Date.now() + EXIT_MS
  for (let waitMs = 2; ; waitMs = Math.min(waitMs * 2, 200)) {
    const exec = await inspectExec(client, id, signal)
    if (!exec.Running && exec.ExitCode !== null) return exec.ExitCode
    if (Date.now() > deadline)
      throw new StormportError('Timeout', 'The engine does not tell how the command ended.', { source: 'target' })
    await sleep(waitMs, undefined, { signal })
  }
}

const inspectExec = (client: EngineClient, id: string, signal: AbortSignal): Promise<ExecInspect> =>
  client.json({ method: 'GET', path: `/exec/${id}/json`, operation: 'inspect a command' }, signal)

/** Engines disagree: older ones answer with exit code 127, newer ones with an error. */
const notFound = async (error: unknown, io: ExecIo): Promise<number> => {
  if (!isStormportError(error) || error.details.diagnostic !== 'SP4105') throw error
  await write(io.stderr, Buffer.from(`${error.message}\n`))
  return NOT_FOUND
}

/**
 * The engine has no call to end a command. On this machine it is ended by its pid, and only if that process is in the
 * container: an engine in a virtual machine counts other pids.
 */
const endExec = async (client: EngineClient, id: string): Promise<void> => {
  try {
    const exec = await inspectExec(client, id, AbortSignal.timeout(2_000))
    if (!exec.Running || exec.Pid <= 1) return
    const cgroup = await readFile(`/proc/${exec.Pid}/cgroup`, 'utf8')
    if (exec.ContainerID !== '' && cgroup.includes(exec.ContainerID)) process.kill(exec.Pid, 'SIGKILL')
  } catch {
    // It ended by itself, or belongs to another machine or user: then it goes with its container.
  }
}
