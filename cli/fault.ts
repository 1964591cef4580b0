// How a verb that was stopped by an error says so: with --json a document or lines as scripts rely on them, else the
// findings with their places. Resolves every error to an exit status.
import { exitOf, isStormportError, type StormportError } from '../core/errors.ts'
import type { Diagnostic } from '../core/model/diagnostic.ts'
import { createFiles } from './context/files.ts'
import { renderDiagnostics } from './render/diagnostics.ts'
import { createEventLines } from './render/event-lines.ts'
import { oneLine } from './render/plain-text.ts'
import { createStyle } from './render/style.ts'
import type { OutputKind } from './verb.ts'
import type { World } from './world.ts'

export interface FaultView {
  readonly world: World
  readonly output: OutputKind
  readonly json: boolean
  readonly color: boolean
  readonly read: (path: string) => string | undefined
}

/** With words that could not be parsed, too: --json among them still counts. */
export const faultView = (words: readonly string[], world: World, output: OutputKind): FaultView => {
  const ours = words.includes('--') ? words.slice(0, words.indexOf('--')) : words
  const asksJson = (word: string, at: number): boolean =>
    word === '--json' || word === '--progress=json' || (word === '--progress' && ours[at + 1] === 'json')
  return { world, output, json: ours.some(asksJson), color: !ours.includes('--no-color'), read: createFiles().read }
}

/** Says the error and answers with the exit status that it stands for. */
export const reportFault = (error: unknown, view: FaultView): number => {
  const fault = describe(error)
  if (!view.json || view.output === 'text') sayText(fault, view)
  else if (view.output === 'stream') sayLines(fault, view)
  else view.world.stdout.write(`${JSON.stringify(faultDocument(fault), null, 2)}\n`)
  return fault.exitCode
}

interface Fault {
  readonly exitCode: number
  readonly code: string
  readonly main: Diagnostic
  readonly findings: readonly Diagnostic[]
  /** Where the bug is, for our own errors. */
  readonly stack: string | null
}

const describe = (error: unknown): Fault => (isStormportError(error) ? expected(error) : unexpected(error))

const expected = (error: StormportError): Fault => {
  const { diagnostic, hint, span, target, service, findings } = error.details
  const main: Diagnostic = {
    code: diagnostic ?? error.code,
    severity: 'error',
    message: error.message,
    ...(hint === undefined ? {} : { hint }),
    ...(span === undefined ? {} : { span }),
    ...(target === undefined ? {} : { target }),
    ...(service === undefined ? {} : { service }),
  }
  return { exitCode: exitOf(error.code), code: error.code, main, findings: findings ?? [main], stack: null }
}

const unexpected = (error: unknown): Fault => {
  const message = `internal error: ${error instanceof Error ? error.message : String(error)}`
  const main: Diagnostic = {
    code: 'SP9001',
    severity: 'error',
    message,
    hint: 'run it again; if it stays, report it with the output of stormport doctor',
  }
  return {
    exitCode: 1,
    code: 'Internal',
    main,
    findings: [main],
    stack: error instanceof Error ? (error.stack ?? null) : null,
  }
}

const sayText = (fault: Fault, { world, color, read }: FaultView): void => {
  const style = createStyle(world.stderr, world.env, color)
  world.stderr.write(renderDiagnostics(fault.findings, { style, cwd: world.cwd, read }))
  if (fault.stack !== null && world.env['STORMPORT_DEBUG']) world.stderr.write(`${fault.stack}\n`)
}

const faultDocument = (fault: Fault): unknown => ({
  error: {
    code: fault.main.code,
    kind: fault.code,
    message: oneLine(fault.main.message),
    span: fault.main.span ?? null,
    hint: fault.main.hint ?? null,
  },
  diagnostics: fault.findings,
})

const sayLines = (fault: Fault, { world }: FaultView): void => {
  const lines = createEventLines('', world.now)
  for (const finding of fault.findings) world.stdout.write(lines.diagnostic(finding))
  world.stdout.write(
    lines.result({ ok: false, exitCode: fault.exitCode, summary: { targets: [], leftBehind: [], next: [] } }),
  )
}
