// exec: runs a command in a replica with this process's streams; the exit status is the command's.
import type { ExecIo } from '../../core/ports.ts'
import type { Call, Run } from '../call.ts'

export const run: Run = async (call) => {
  const { context, args } = call
  const [name = '', ...argv] = args
  const subject = await context.subject()
  const engine = await context.engine()
  const target = context.options.targets?.[0] ?? null
  const io = ioOf(call)
  const restore = rawTerminal(call, io)
  try {
    return await engine.exec(subject, { name, target }, argv, io, context.signal)
  } finally {
    restore()
  }
}

const ioOf = ({ context: { world }, flags }: Call): ExecIo => {
  const terminal = flags.on('tty') && world.stdout.isTTY
  return {
    stdin: flags.on('interactive') ? world.stdin : null,
    stdout: world.stdout.stream,
    stderr: world.stderr.stream,
    tty: terminal ? { columns: world.stdout.columns, rows: world.stdout.rows } : null,
  }
}

/** With a terminal on both sides, keys go to the command as they are typed, Ctrl-C among them. */
const rawTerminal = ({ context: { world } }: Call, io: ExecIo): (() => void) => {
  const { stdin } = world
  if (io.tty === null || io.stdin === null || !stdin.isTTY) return () => undefined
  stdin.setRawMode(true)
  return () => {
    stdin.setRawMode(false)
    stdin.pause()
  }
}
