// Credential plugins of a kubeconfig are programs that the file names: they run only when the user has allowed exactly
// that command, by the list in the user's own configuration or by answering a question (DESIGN section 1, execPlugins).
import { execFile } from 'node:child_process'
import { StormportError } from '../../../core/errors.ts'
import { asObject, field, textAt } from '../raw.ts'
import type { ClusterAccess, Credential, ExecPlugin } from './access.ts'
import { bearer } from './credentials.ts'
import type { Environment } from './kubeconfig.ts'

export interface PluginPolicy {
  /** 'never' in the target's stanza wins over everything. */
  readonly mode: 'ask' | 'never'
  /** Commands as the kubeconfig writes them, or absolute paths. */
  readonly allowed: readonly string[]
  /** Asks at a terminal; null where there is none. */
  readonly ask: ((plugin: Pick<ExecPlugin, 'command' | 'args'>) => Promise<boolean>) | null
  readonly env: Environment
}

const RUN_MS = 60_000
const VERSIONS = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1']

export const runPlugin = async (
  plugin: ExecPlugin,
  { access, policy }: { readonly access: ClusterAccess; readonly policy: PluginPolicy },
  signal: AbortSignal,
): Promise<Credential> => {
  if (!VERSIONS.includes(plugin.apiVersion))
    throw refused(plugin, `speaks ${plugin.apiVersion || 'no version'}`, `use a plugin of ${VERSIONS.join(' or ')}`)
  await permit(plugin, policy)
  const output = await run(plugin, { info: execInfo(plugin, access), env: policy.env }, signal)
  return credentialIn(plugin, output)
}

/** Comes back when the plugin may run; may ask, and so may take as long as a person does. */
export const permit = async (plugin: ExecPlugin, policy: PluginPolicy): Promise<void> => {
  if (policy.mode === 'never')
    throw refused(plugin, 'is switched off by `execPlugins: never`', 'use a token or a certificate')
  if (policy.allowed.includes(plugin.command)) return
  if (policy.ask === null)
    throw refused(
      plugin,
      'has not been allowed and there is nobody to ask',
      `set STORMPORT_EXEC_PLUGINS=${plugin.command}, or run stormport target check at a terminal and answer "always"`,
    )
  if (await policy.ask({ command: plugin.command, args: plugin.args })) return
  throw refused(plugin, 'was not allowed', 'answer yes, or use a token or a certificate')
}

const execInfo = (plugin: ExecPlugin, access: ClusterAccess): string => {
  const cluster = {
    server: access.server,
    ...(access.tlsServerName === null ? {} : { 'tls-server-name': access.tlsServerName }),
    ...(access.ca === null ? {} : { 'certificate-authority-data': Buffer.from(access.ca).toString('base64') }),
  }
  const spec = { interactive: false, ...(plugin.provideClusterInfo ? { cluster } : {}) }
  return JSON.stringify({ apiVersion: plugin.apiVersion, kind: 'ExecCredential', spec })
}

const run = (
  plugin: ExecPlugin,
  { info, env }: { readonly info: string; readonly env: Environment },
  signal: AbortSignal,
): Promise<string> =>
  new Promise((resolve, reject) => {
    const options = {
      env: { ...env, ...plugin.env, KUBERNETES_EXEC_INFO: info },
      timeout: RUN_MS,
      signal,
      maxBuffer: 1 << 20,
    }
    execFile(plugin.command, [...plugin.args], options, (error, stdout) => {
      if (error === null) return resolve(stdout)
      const absent = error.code === 'ENOENT'
      const hint = absent
        ? (plugin.installHint ?? `install ${plugin.command}`)
        : 'run the command by hand to see what it says'
      // What the program printed may hold a credential: only how it ended is told.
      reject(refused(plugin, absent ? 'is not installed' : `failed (${error.code ?? error.signal ?? 'stopped'})`, hint))
    })
  })

const credentialIn = (plugin: ExecPlugin, output: string): Credential => {
  const status = field(parsed(output), 'status')
  const expires = Date.parse(textAt(status, 'expirationTimestamp') ?? '')
  const expiresAtMs = Number.isNaN(expires) ? null : expires
  const [cert, key] = [textAt(status, 'clientCertificateData'), textAt(status, 'clientKeyData')]
  const token = textAt(status, 'token')
  if (token === null && (cert === null || key === null))
    throw refused(plugin, 'gave no credential', 'run the command by hand to see what it says')
  return {
    ...(token === null ? bearer('') : bearer(token)),
    ...(token === null ? { headers: {} } : {}),
    cert,
    key,
    expiresAtMs,
  }
}

const parsed = (text: string): unknown => {
  try {
    return asObject(JSON.parse(text))
  } catch {
    return {}
  }
}

const refused = (plugin: ExecPlugin, what: string, hint: string): StormportError =>
  new StormportError('Unauthenticated', `the credential plugin ${plugin.command} ${what}`, {
    diagnostic: 'SP4353',
    source: 'user',
    hint,
  })
