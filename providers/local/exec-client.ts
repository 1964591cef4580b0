// The terminal's side of `exec`: feeds stdin to the daemon, writes what comes back, resolves to the command's exit code.
import { StormportError } from '../../core/errors.ts'
import type { ExecIo } from '../../core/ports.ts'
import type { StreamHandle } from './connection.ts'
import type { ExecItem } from './protocol.ts'

export const runExec = async (open: StreamHandle<ExecItem>, io: ExecIo): Promise<number> => {
  const typed = (chunk: Buffer | string): void => open.send(Buffer.from(chunk))
  const ended = (): void => open.send(null)
  io.stdin?.on('data', typed)
  io.stdin?.once('end', ended)
  if (io.stdin === null) open.send(null)
  try {
    for await (const item of open.items) {
      if ('exitCode' in item) return item.exitCode
      io[item.stream].write(Buffer.from(item.data, 'base64'))
    }
  } finally {
    io.stdin?.off('data', typed)
    io.stdin?.off('end', ended)
  }
  throw new StormportError('Internal', 'the command ended without an exit code', { source: 'target' })
}
