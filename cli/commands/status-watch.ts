// status --watch: on a terminal the table is drawn again over itself; elsewhere it is printed again when it says something
// new, with --json one document a line. Ends with Ctrl-C, and says what stood there last.
import type { StatusReport } from '../../core/engine/api.ts'
import type { Call } from '../call.ts'
import { cut } from '../render/progress-tty.ts'
import { renderStatus } from '../render/status.ts'

const EVERY_MS = 2_000

export const watchStatus = async (call: Call, read: () => Promise<StatusReport>): Promise<StatusReport> => {
  const { context } = call
  const draw = drawing(call)
  let report = await read()
  draw(report)
  while (await next(call)) {
    try {
      report = await read()
    } catch (error) {
      if (context.signal.aborted) break
      throw error
    }
    draw(report)
  }
  return report
}

/** False once the user has ended it. */
const next = ({ context: { world, signal } }: Call): Promise<boolean> =>
  new Promise((resolve) => {
    const end = (): void => {
      stop()
      signal.removeEventListener('abort', end)
      resolve(!signal.aborted)
    }
    const stop = world.every(EVERY_MS, end)
    signal.addEventListener('abort', end)
    if (signal.aborted) end()
  })

const drawing = ({ context }: Call): ((report: StatusReport) => void) => {
  const { options, style, world } = context
  if (options.json) return changed(whatItSays, (report) => world.stdout.write(`${JSON.stringify(report)}\n`))
  if (!world.stdout.isTTY)
    return changed(whatItSays, (report) => context.print(renderStatus(report, style.out, world.now())))
  let drawn = 0
  return (report) => {
    const lines = renderStatus(report, style.out, world.now()).split('\n')
    // What is wider or longer than the window could not be erased again.
    const seen = lines.slice(0, world.stdout.rows - 1).map((line) => cut(line, world.stdout.columns - 1))
    const erase = drawn === 0 ? '' : `\u001b[${drawn}A\u001b[0J`
    world.stdout.write(`${erase}${seen.map((line) => `${line}\n`).join('')}`)
    drawn = seen.length
  }
}

/** The time of the look alone is nothing new. */
const whatItSays = (report: StatusReport): string =>
  JSON.stringify({ ...report, targets: report.targets.map(({ observedAt: _, ...target }) => target) })

const changed = <T>(say: (value: T) => string, draw: (value: T) => void): ((value: T) => void) => {
  let last = ''
  return (value) => {
    const now = say(value)
    if (now !== last) draw(value)
    last = now
  }
}
