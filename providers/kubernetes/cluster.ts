// One target's cluster as the verbs use it: its client, its namespace for an app, and what is remembered for a short while
// so that one command asks once.
import type { Target } from '../../core/model/fleet.ts'
import type { ClusterAccess } from './client/access.ts'
import { createKubeApi, type KubeApi } from './client/api.ts'
import { type PluginPolicy, permit } from './client/exec-plugin.ts'
import { clusterAccess, type Environment } from './client/kubeconfig.ts'
import { createInPlay, type InPlay } from './in-play.ts'
import { createJoined, type Joined } from './joined.ts'
import { namespaceOf } from './names.ts'
import type { RawObject } from './raw.ts'

export interface Cluster {
  readonly target: Target
  /** Asks what a person must answer before requests are sent and timed. */
  signIn(): Promise<void>
  readonly api: KubeApi
  namespace(app: string): string
  /** The same answer for a few seconds; a failure is not kept. */
  remember<T>(key: string, read: () => Promise<T>): Promise<T>
  readonly joined: Joined
  readonly inPlay: InPlay
  /** Secrets that this client made, by path and without their values: a watch need not read them to know them. */
  readonly made: Map<string, RawObject>
  /** Secrets that the last look took as there, by path. */
  readonly relied: Map<string, RawObject>
}

export interface Clusters {
  of(target: Target): Cluster
  close(): void
}

export interface ClusterOptions {
  readonly env: Environment
  /** Asks the user whether a kubeconfig's credential plugin may run; null without a terminal. */
  readonly askPlugin: PluginPolicy['ask']
  /** Commands that the user's own configuration allows; absent: none. */
  readonly allowedPlugins?: () => readonly string[]
  /** EKS and AKS bring their own way to a cluster; null: by kubeconfig. */
  readonly access?: (target: Target) => ClusterAccess | null
}

const KEEP_MS = 15_000

export const createClusters = (options: ClusterOptions): Clusters => {
  const known = new Map<string, Cluster>()
  const of = (target: Target): Cluster => {
    const key = JSON.stringify([target.name, target.provider, target.settings, target.span?.file ?? null])
    const found = known.get(key)
    if (found !== undefined) return found
    const access = options.access?.(target) ?? clusterAccess(target, options.env)
    const policy = pluginPolicy(target, options)
    const made = createCluster(target, createKubeApi(access, policy), policy)
    known.set(key, made)
    return made
  }
  return {
    of,
    close: () => {
      for (const cluster of known.values()) cluster.api.close()
      known.clear()
    },
  }
}

const createCluster = (target: Target, api: KubeApi, policy: PluginPolicy): Cluster => {
  const memory = new Map<string, { readonly atMs: number; readonly value: Promise<unknown> }>()
  return {
    target,
    api,
    signIn: async () => {
      if (api.access.user.kind === 'exec') await permit(api.access.user.plugin, policy)
    },
    joined: createJoined(),
    inPlay: createInPlay(() => performance.now()),
    made: new Map(),
    relied: new Map(),
    namespace: (app) => namespaceOf(target, app),
    remember: async <T>(key: string, read: () => Promise<T>): Promise<T> => {
      const held = memory.get(key)
      // The key names the reader, and so the type.
      if (held !== undefined && performance.now() - held.atMs < KEEP_MS) return held.value as Promise<T>
      const value = read()
      memory.set(key, { atMs: performance.now(), value })
      value.catch(() => memory.delete(key))
      return value
    },
  }
}

/** The user's own list: commands that their kubeconfigs may run, by `:` as in PATH. */
const pluginPolicy = (target: Target, { env, askPlugin, allowedPlugins }: ClusterOptions): PluginPolicy => ({
  mode: target.settings['execPlugins'] === 'never' ? 'never' : 'ask',
  // Read when it is asked for: an answer may have been added meanwhile.
  get allowed() {
    const stated = (env['STORMPORT_EXEC_PLUGINS'] ?? '').split(':').filter((part) => part !== '')
    return [...stated, ...(allowedPlugins?.() ?? [])]
  },
  ask: askPlugin,
  env,
})
