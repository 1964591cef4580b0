// The one place where what an engine answers becomes a StormportError: the reason in one line, one next step.
import { type ErrorCode, isStormportError, StormportError } from '../../../../core/errors.ts'

interface Rule {
  readonly pattern: RegExp
  readonly code: ErrorCode
  readonly diagnostic: string
  readonly say: (match: RegExpMatchArray, message: string) => string
  readonly hint: string
}

/** First match wins: specific causes before the general ones that wrap them. */
const RULES: readonly Rule[] = [
  {
    pattern: /no space left on device/i,
    code: 'Unhealthy',
    diagnostic: 'SP4108',
    say: () => 'The disk of the engine is full.',
    hint: 'Free space (docker system df shows what uses it), then run the command again.',
  },
  {
    pattern: /(?:port is already allocated|address already in use|failed to bind host port)/i,
    code: 'PortTaken',
    diagnostic: 'SP4102',
    say: (_, message) => `${portIn(message)} is taken by another process or container.`,
    hint: 'Choose another published port, or stop what uses it.',
  },
  {
    pattern: /could not select device driver "([^"]*)"(?: with capabilities: (\S+))?/i,
    code: 'Unsupported',
    diagnostic: 'SP4107',
    say: (m) => `The engine has no device driver ${m[1] === '' ? '' : `"${m[1]}" `}for GPUs.`,
    hint: 'Install the NVIDIA container toolkit on that node, or drop the GPU request.',
  },
  {
    pattern: /error gathering device information while adding custom device "([^"]+)"/i,
    code: 'InvalidSpec',
    diagnostic: 'SP4107',
    say: (m) => `There is no device ${m[1]} on the node.`,
    hint: 'Correct devices:, or place the service on a node that has it.',
  },
  {
    pattern: /bind source path does not exist: ?(\S+)|error while creating mount source path '([^']+)'/i,
    code: 'InvalidSpec',
    diagnostic: 'SP4106',
    say: (m) => `The bind mount's source does not exist on the node: ${m[1] ?? m[2]}.`,
    hint: 'Create the path, or correct volumes:.',
  },
  {
    pattern: /exec:? \\*"(.+?)\\*":? .*(?:executable file not found|no such file or directory)/is,
    code: 'InvalidSpec',
    diagnostic: 'SP4105',
    say: (m) => `The command ${m[1]} is not in the image.`,
    hint: 'Correct command: or entrypoint:, or the image.',
  },
  {
    pattern: /exec:? \\*"(.+?)\\*":? .*(permission denied|exec format error|is a directory)/is,
    code: 'InvalidSpec',
    diagnostic: 'SP4105',
    say: (m) => `The command ${m[1]} cannot be run: ${(m[2] ?? '').toLowerCase()}.`,
    hint: "Make it executable for the image's user and the node's architecture.",
  },
  {
    pattern: /exec format error/i,
    code: 'InvalidSpec',
    diagnostic: 'SP4105',
    say: () => 'The image was built for another architecture.',
    hint: "Use an image for the node's platform.",
  },
  {
    pattern: /no command specified/i,
    code: 'InvalidSpec',
    diagnostic: 'SP4105',
    say: () => 'Neither the service nor its image names a command.',
    hint: 'Write command: or entrypoint:.',
  },
  {
    pattern: /cannot allocate memory|not enough memory/i,
    code: 'Unhealthy',
    diagnostic: 'SP4109',
    say: () => 'The node has not enough memory to start the container.',
    hint: "Free memory on the node or lower the service's need.",
  },
  {
    pattern: /minimum memory limit allowed is (\S+)/i,
    code: 'InvalidSpec',
    diagnostic: 'SP4112',
    say: (m) => `The memory limit is below what an engine accepts (${m[1]}).`,
    hint: 'Raise deploy.resources.limits.memory.',
  },
  {
    pattern: /invalid signal: ?(\S+)/i,
    code: 'InvalidSpec',
    diagnostic: 'SP4119',
    say: (m) => `The engine knows no signal ${m[1]}.`,
    hint: 'Correct stop_signal: (SIGTERM, SIGINT, SIGQUIT, …).',
  },
  {
    pattern:
      /(?:no such image|manifest unknown|manifest for \S+ not found|reference does not exist|image with reference \S+ was found but)/i,
    code: 'ImageNotFound',
    diagnostic: 'SP4103',
    say: (_, message) => firstLine(message),
    hint: "Check the image's name and tag, or push it.",
  },
  {
    pattern:
      /(?:pull access denied|unauthorized|authentication required|no basic auth credentials|access to the resource is denied|insufficient_scope)/i,
    code: 'Forbidden',
    diagnostic: 'SP4104',
    say: (_, message) => `The registry refuses: ${firstLine(message)}`,
    hint: "Sign in with docker login, or correct the image's name.",
  },
  {
    pattern:
      /(?:dial tcp|connection refused|i\/o timeout|no such host|TLS handshake timeout|network is unreachable|context deadline exceeded|EOF$|failed to do request)/i,
    code: 'Unreachable',
    diagnostic: 'SP4113',
    say: (_, message) => `The registry does not answer: ${firstLine(message)}`,
    hint: "Check the registry's address and the engine's network.",
  },
]

const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: 'InvalidSpec',
  401: 'Unauthenticated',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'Unsupported',
  409: 'Conflict',
  429: 'Throttled',
  501: 'Unsupported',
  502: 'Unreachable',
  503: 'Unreachable',
  504: 'Unreachable',
}

/** What an engine said in an answer's body or in an error line of a stream. `status` 0: there was none. */
export const engineError = (status: number, message: string, operation: string): StormportError => {
  // A missing container, network or volume may quote anything in its name: no rule may read it.
  if (status !== 404 || /image|manifest|pull access|unauthorized|denied/i.test(message)) {
    for (const rule of RULES) {
      const match = message.match(rule.pattern)
      if (match !== null) {
        const details = {
          diagnostic: rule.diagnostic,
          hint: rule.hint,
          source: 'target' as const,
          cause: { status, message },
        }
        return new StormportError(rule.code, rule.say(match, message), details)
      }
    }
  }
  const code = BY_STATUS[status] ?? 'Internal'
  return new StormportError(code, `The engine could not ${operation}: ${firstLine(message)}`, {
    source: 'target',
    cause: { status, message },
  })
}

/** What the connection itself failed with. */
export const connectionError = (error: unknown, where: string, signal?: AbortSignal): StormportError => {
  if (isStormportError(error)) return error
  if (signal?.aborted === true)
    return new StormportError('Aborted', 'Stopped before the engine answered.', { cause: error })
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
  if (code === 'EACCES' || code === 'EPERM') {
    return new StormportError('Forbidden', `No right to use the engine at ${where}.`, {
      diagnostic: 'SP4114',
      hint: 'Join the docker group (and sign in again), or run as a user who may use the socket.',
      cause: error,
    })
  }
  return unreachable(where, code === '' ? words(error) : reason(code), error)
}

export const unreachable = (where: string, because: string, cause?: unknown): StormportError =>
  new StormportError('Unreachable', `The engine at ${where} does not answer: ${because}.`, {
    diagnostic: 'SP4101',
    source: 'target',
    retry: 'later',
    hint: "Start the engine, or correct the node's host.",
    ...(cause === undefined ? {} : { cause }),
  })

export const hasCode = (error: unknown, code: ErrorCode): boolean => isStormportError(error) && error.code === code

const reason = (code: string): string =>
  ({
    ENOENT: 'there is no such socket',
    ECONNREFUSED: 'the connection is refused',
    ECONNRESET: 'the connection was cut',
    EPIPE: 'the connection was cut',
    ETIMEDOUT: 'the connection timed out',
    ENOTFOUND: 'the host name is unknown',
    CERT_HAS_EXPIRED: 'its certificate has expired',
  })[code] ?? code

const words = (error: unknown): string =>
  error instanceof Error ? firstLine(error.message).replace(/\.$/, '') : String(error)

const firstLine = (message: string): string => {
  const line = message.trim().split('\n')[0] ?? ''
  return line.length > 300 ? `${line.slice(0, 300)}…` : line
}

const portIn = (message: string): string => {
  const match = message.match(/(?:\d+\.\d+\.\d+\.\d+|\[[0-9a-f:]*\]|::):(\d+)/i)
  return match === null ? 'A published port' : `Port ${match[1]}`
}
