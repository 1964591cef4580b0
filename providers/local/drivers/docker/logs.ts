// A container's output as lines with the time at which the engine took them.
import type { DriverLog } from '../../daemon/driver.ts'
import type { ContainerInspect } from './api.ts'
import type { EngineClient } from './client.ts'
import { connectionError } from './errors.ts'
import { type Frame, framesOf } from './frames.ts'

export interface LogsQuery {
  readonly follow: boolean
  readonly sinceMs: number | null
  readonly tail: number | null
}

export async function* logsOf(
  client: EngineClient,
  { container, query }: { readonly container: ContainerInspect; readonly query: LogsQuery },
  signal: AbortSignal,
): AsyncGenerator<DriverLog> {
  const body = await client.bytes(
    {
      method: 'GET',
      path: `/containers/${container.Id}/logs`,
      query: {
        stdout: true,
        stderr: true,
        timestamps: true,
        follow: query.follow,
        since: query.sinceMs === null ? undefined : (query.sinceMs / 1000).toFixed(3),
        tail: query.tail ?? 'all',
      },
      operation: 'read the logs of a container',
    },
    signal,
  )
  try {
    yield* logLines(framesOf(body, container.Config.Tty))
  } catch (error) {
    if (signal.aborted) return
    throw connectionError(error, 'the node')
  } finally {
    body.destroy()
  }
}

/** Each stream is cut into lines by itself; a line that is not complete yet waits for its end. */
export async function* logLines(frames: AsyncIterable<Frame>): AsyncGenerator<DriverLog> {
  const decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() }
  const rest = { stdout: '', stderr: '' }
  for await (const { stream, data } of frames) {
    const lines = (rest[stream] + decoders[stream].decode(data, { stream: true })).split('\n')
    rest[stream] = lines.pop() ?? ''
    for (const line of lines) yield logLine(stream, line)
  }
  for (const stream of ['stdout', 'stderr'] as const) if (rest[stream] !== '') yield logLine(stream, rest[stream])
}

const logLine = (stream: 'stdout' | 'stderr', line: string): DriverLog => {
  const text = line.endsWith('\r') ? line.slice(0, -1) : line
  const space = text.indexOf(' ')
  return space < 0 ? { at: text, stream, text: '' } : { at: text.slice(0, space), stream, text: text.slice(space + 1) }
}
