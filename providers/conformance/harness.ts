// What an adapter's test file hands to the suite: the adapter with its real client, a place to work in, and the few things
// that only that place can do, such as putting somebody else's object in the way.
import type { Service } from '../../core/model/app.ts'
import type { Target } from '../../core/model/fleet.ts'
import type { NativeObject } from '../../core/model/native-object.ts'
import type { Provider } from '../../core/ports.ts'

export interface Harness {
  readonly provider: Provider
  readonly target: Target
  /** Another target behind the same control plane; its identity must differ. */
  readonly otherTarget?: Target
  /** A target where nobody answers. */
  readonly unreachable?: Target
  /**
   * Makes the plain service runnable here: image, command, x-stormport.process. The program must print the value of SAY
   * on a line of its own when it starts, listen on the port given by PORT (8080 where that is not set), and keep running.
   * `NODE_PROGRAM` does that under `node -e`.
   */
  shape(service: Service): Service
  /** Command lines that can be run inside a replica. */
  readonly argv: {
    exit(code: number): readonly string[]
    print(text: string): readonly string[]
    /** Runs until it is stopped. */
    readonly wait: readonly string[]
  }
  /** Puts an object of another owner where `object` would stand. */
  makeForeign?(object: NativeObject, app: string): Promise<ForeignObject>
  /** From now on observations are partial, until the returned function is called. */
  makePartial?(): Promise<() => Promise<void>>
  /** Lets another manager change a field of a live object of ours; resolves to the field's path. */
  drift?(object: NativeObject, app: string): Promise<string>
  /** The connection dies after the effect of the next apply, before its answer. */
  dropNextApply?(): Promise<void>
  /** How long a small service may take to be ready; 20 s. */
  readonly readyWithinMs?: number
  /** What is removed goes long after it was asked to (namespaces: seconds): its end is awaited once, after the last test. */
  readonly slowRemoval?: boolean
  cleanup(): Promise<void>
}

export interface ForeignObject {
  /** True while it stands as its owner made it. */
  intact(): Promise<boolean>
  remove(): Promise<void>
}

export interface ConformanceOptions {
  /** Cases that cannot be shown here, each with the reason. One that the adapter calls 'native' may not be skipped. */
  readonly skip?: readonly { readonly test: CaseName; readonly reason: string }[]
}

/** Case → the capability that it proves; null: every adapter must pass it. */
export const CASES = {
  'renders the same bytes for the same spec': null,
  'applies once and then has nothing to do': null,
  'sees what it applied as ours, with its hash, and ready in time': null,
  'keeps identity and uids stable': null,
  'rolls a changed service without losing its object': null,
  'sees a changed count as scaling only': null,
  'removes what is no longer wanted, and removing twice is fine': null,
  'leaves nothing behind after everything is removed': null,
  'leaves the object of another owner alone': 'foreign',
  'reports fields that another manager changed': 'drift',
  'removes nothing on a partial observation': 'partial',
  'says that a dead target is unreachable, within 5 s and never as empty': 'unreachable',
  'keeps releases and heads, and refuses a lost race': null,
  'makes the secret key when asked, once': null,
  'keeps a bounded history': null,
  'lists the application once it has a head': null,
  'shows a secret value nowhere': null,
  'ends with one object when apply is cut off and repeated': null,
  'gives up within 1 s when aborted': null,
  'watches from the present state to ready': 'watch',
  'follows logs into a new replica': 'logs',
  'limits logs to the tail': 'logs',
  'tells what happens to its replicas, of this app alone': 'events',
  'runs commands and returns their exit code': 'exec',
  'grants a lease once, names the holder, renews and expires': null,
  'measures its replicas': 'metrics',
  'reports capacity in whole numbers': null,
  'checks the target': null,
} as const satisfies Readonly<Record<string, string | null>>

export type CaseName = keyof typeof CASES

/** Cases that need a hand of the harness; without it they count as skipped. */
export const HANDS: Readonly<Partial<Record<CaseName, keyof Harness>>> = {
  'leaves the object of another owner alone': 'makeForeign',
  'reports fields that another manager changed': 'drift',
  'removes nothing on a partial observation': 'makePartial',
  'says that a dead target is unreachable, within 5 s and never as empty': 'unreachable',
}

/** A program for `node -e`: prints SAY, answers on PORT or 8080, ends on SIGTERM. */
export const NODE_PROGRAM = [
  "console.log(process.env.SAY ?? '')",
  "const server = require('node:http').createServer((_, answer) => answer.end(process.env.SAY ?? ''))",
  'server.listen(Number(process.env.PORT ?? 8080))',
  "process.on('SIGTERM', () => process.exit(0))",
].join(';')
