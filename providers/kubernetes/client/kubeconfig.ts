// kubeconfig files as kubectl reads them: a list of files, the first mention of a name wins, paths are relative to the file
// that names them. Without any file a pod uses its own service account.
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parse } from 'yaml'
import { StormportError } from '../../../core/errors.ts'
import type { Target } from '../../../core/model/fleet.ts'
import { asObject, field, listAt, type RawObject, textAt } from '../raw.ts'
import type { ClusterAccess } from './access.ts'
import { userAuth } from './user-auth.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** One `clusters`, `contexts` or `users` entry, with the folder of its file. */
export interface Entry {
  readonly body: RawObject
  readonly folder: string
}

interface Merged {
  readonly files: readonly string[]
  readonly clusters: ReadonlyMap<string, Entry>
  readonly contexts: ReadonlyMap<string, Entry>
  readonly users: ReadonlyMap<string, Entry>
  readonly current: string | null
}

export const clusterAccess = (target: Target, env: Environment): ClusterAccess => {
  const files = kubeconfigFiles(target, env)
  const found = files.filter((file) => existsSync(file))
  if (found.length === 0) {
    const pod = textAt(target.settings, 'kubeconfig') === null ? inCluster(env) : null
    if (pod !== null) return pinned(pod, target)
    throw badInput(target, `there is no kubeconfig at ${files.join(', ') || '~/.kube/config'}`, NAME_ONE)
  }
  return pinned(accessOf(merge(found), target), target)
}

const NAME_ONE = 'write `kubeconfig:` or `context:` of the target, or set KUBECONFIG'

const kubeconfigFiles = (target: Target, env: Environment): readonly string[] => {
  const written = textAt(target.settings, 'kubeconfig')
  if (written !== null) return [expanded(written, target, env)]
  const listed = (env['KUBECONFIG'] ?? '').split(':').filter((part) => part !== '')
  if (listed.length > 0) return listed
  return env['HOME'] === undefined ? [] : [join(env['HOME'], '.kube', 'config')]
}

/** Relative to stormport.yaml, as every path in it. */
const expanded = (path: string, target: Target, env: Environment): string => {
  if (path.startsWith('~/') && env['HOME'] !== undefined) return join(env['HOME'], path.slice(2))
  return target.span === null ? resolve(path) : resolve(dirname(target.span.file), path)
}

const merge = (files: readonly string[]): Merged => {
  const parsed = files.map((file) => ({ file, body: read(file) }))
  const byName = (key: string): ReadonlyMap<string, Entry> => {
    const map = new Map<string, Entry>()
    for (const { file, body } of parsed)
      for (const entry of listAt(body, key)) {
        const name = textAt(entry, 'name')
        if (name !== null && !map.has(name)) map.set(name, { body: entry, folder: dirname(file) })
      }
    return map
  }
  return {
    files,
    clusters: byName('clusters'),
    contexts: byName('contexts'),
    users: byName('users'),
    current:
      parsed.map(({ body }) => textAt(body, 'current-context')).find((name) => name !== null && name !== '') ?? null,
  }
}

const read = (file: string): RawObject => {
  try {
    return asObject(parse(readFileSync(file, 'utf8')))
  } catch (cause) {
    // The parser's own words may quote the file, which holds credentials.
    throw new StormportError('BadInput', `${file} cannot be read as a kubeconfig`, {
      diagnostic: 'SP4350',
      source: 'user',
      hint: `look at it with \`kubectl config view --kubeconfig ${file}\``,
      ...(cause instanceof Error && 'code' in cause ? { cause } : {}),
    })
  }
}

const accessOf = (merged: Merged, target: Target): ClusterAccess => {
  const name = textAt(target.settings, 'context') ?? merged.current
  const context = name === null ? undefined : merged.contexts.get(name)
  if (name === null || context === undefined) {
    const known = [...merged.contexts.keys()].sort().join(', ') || 'none'
    const what = name === null ? 'has no current context' : `has no context ${name}`
    throw badInput(target, `${merged.files.join(', ')} ${what}`, `contexts there: ${known}`)
  }
  const cluster = merged.clusters.get(textAt(context.body, 'context.cluster') ?? '')
  if (cluster === undefined) throw badInput(target, `context ${name} names a cluster that is not there`, NAME_ONE)
  return {
    ...clusterPart(cluster, target),
    namespace: textAt(context.body, 'context.namespace'),
    context: name,
    user: userAuth(merged.users.get(textAt(context.body, 'context.user') ?? ''), target),
  }
}

const proxyPart = (text: string | null, target: Target): Pick<ClusterAccess, 'proxyUrl'> => {
  if (text === null || text === '') return {}
  const proxy = URL.parse(text)
  if (proxy?.protocol === 'http:') return { proxyUrl: text }
  throw new StormportError('NotYet', `target ${target.name}: only an http:// proxy-url of a kubeconfig is there yet`, {
    diagnostic: 'SP4350',
    source: 'user',
    target: target.name,
    hint: 'name an HTTP proxy (http://HOST:PORT), or reach the cluster without one',
  })
}

const clusterPart = (
  entry: Entry,
  target: Target,
): Pick<ClusterAccess, 'server' | 'ca' | 'tlsServerName' | 'proxyUrl'> => {
  const { body } = entry
  const server = (textAt(body, 'cluster.server') ?? '').replace(/\/+$/, '')
  if (!/^https?:\/\//.test(server)) throw badInput(target, 'the cluster of the context has no server', NAME_ONE)
  if (field(body, 'cluster.insecure-skip-tls-verify') === true)
    throw badInput(
      target,
      'the kubeconfig switches TLS verification off, which is not allowed',
      'put the certificate-authority of the cluster there and take insecure-skip-tls-verify out',
    )
  return {
    server,
    ...proxyPart(textAt(body, 'cluster.proxy-url'), target),
    ca: dataOrFile(entry, 'cluster.certificate-authority'),
    tlsServerName: textAt(body, 'cluster.tls-server-name'),
  }
}

/** `X-data` holds the content, `X` the path of a file. */
export const dataOrFile = ({ body, folder }: Entry, path: string): string | null => {
  const data = textAt(body, `${path}-data`)
  if (data !== null && data !== '') return Buffer.from(data, 'base64').toString('utf8')
  const file = textAt(body, path)
  if (file === null || file === '') return null
  try {
    return readFileSync(resolve(folder, file), 'utf8')
  } catch (cause) {
    throw new StormportError('BadInput', `the kubeconfig names ${resolve(folder, file)}, which cannot be read`, {
      diagnostic: 'SP4350',
      source: 'user',
      hint: 'put the file there, or name another kubeconfig',
      cause,
    })
  }
}

const POD_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount'

const inCluster = (env: Environment): ClusterAccess | null => {
  const [host, port] = [env['KUBERNETES_SERVICE_HOST'], env['KUBERNETES_SERVICE_PORT']]
  const token = join(POD_FOLDER, 'token')
  if (host === undefined || port === undefined || !existsSync(token)) return null
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    ca: readFileSync(join(POD_FOLDER, 'ca.crt'), 'utf8'),
    tlsServerName: null,
    namespace: readFileSync(join(POD_FOLDER, 'namespace'), 'utf8').trim(),
    context: 'in-cluster',
    user: { kind: 'tokenFile', path: token },
  }
}

/** `server:` of the target holds a context to the cluster that was meant. */
const pinned = (access: ClusterAccess, target: Target): ClusterAccess => {
  const pin = textAt(target.settings, 'server')?.replace(/\/+$/, '')
  if (pin === undefined || pin === access.server) return access
  throw new StormportError('Conflict', `context ${access.context} leads to ${access.server}, not to ${pin}`, {
    diagnostic: 'SP4351',
    source: 'user',
    target: target.name,
    hint: `correct the context, or \`server:\` of target ${target.name}`,
  })
}

const badInput = (target: Target, message: string, hint: string): StormportError =>
  new StormportError('BadInput', `target ${target.name}: ${message}`, {
    diagnostic: 'SP4350',
    source: 'user',
    target: target.name,
    hint,
  })
