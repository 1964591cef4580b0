// Registry credentials as `docker login` left them: in the config file, or with a helper program that is asked by name.
// They are looked up for one registry and handed out for that one only; nothing here is ever printed.
import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { RegistryCredentials, RegistryLogin } from '../../../../core/ports.ts'

export type Env = Readonly<Record<string, string | undefined>>

interface DockerConfig {
  readonly auths?: Readonly<
    Record<
      string,
      {
        readonly auth?: string
        readonly username?: string
        readonly password?: string
        readonly identitytoken?: string
      }
    >
  >
  readonly credHelpers?: Readonly<Record<string, string>>
  readonly credsStore?: string
}

const HELPER_MS = 10_000
const MAX_CONFIG_BYTES = 4 * 1024 * 1024
/** Docker Hub stands in config files under its first API's address. */
const HUB_KEY = 'https://index.docker.io/v1/'

export const createDockerCredentials = (env: Env): RegistryCredentials => ({
  forRegistry: async (registry, signal) => {
    const config = await readConfig(env)
    const askHelper = helperAsker(env, signal)
    const keys =
      registry === 'docker.io' ? [HUB_KEY, 'docker.io', 'index.docker.io'] : [registry, `https://${registry}`]
    for (const key of keys) {
      const helper = config.credHelpers?.[key] ?? config.credHelpers?.[hostOf(key)]
      const login = helper === undefined ? null : await askHelper(helper, key)
      if (login !== null) return login
    }
    if (config.credsStore !== undefined && config.credsStore !== '') {
      for (const key of keys) {
        const login = await askHelper(config.credsStore, key)
        if (login !== null) return login
      }
    }
    return fromFile(config, registry)
  },
})

const readConfig = async (env: Env): Promise<DockerConfig> => {
  const folder = env['DOCKER_CONFIG'] || join(env['HOME'] || homedir(), '.docker')
  try {
    const text = await readFile(join(folder, 'config.json'), 'utf8')
    const value: unknown = text.length > MAX_CONFIG_BYTES ? null : JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    // No file, not readable or no JSON: then there are no credentials, and the registry says what it thinks of that.
    return {}
  }
}

const fromFile = (config: DockerConfig, registry: string): RegistryLogin | null => {
  for (const [key, entry] of Object.entries(config.auths ?? {})) {
    if (canonicalHost(key) !== registry) continue
    if (entry.identitytoken) return { kind: 'token', identityToken: entry.identitytoken }
    if (entry.username !== undefined && entry.password !== undefined) {
      return { kind: 'password', username: entry.username, password: entry.password }
    }
    const decoded = Buffer.from(entry.auth ?? '', 'base64')
      .toString('utf8')
      .replace(/\0+$/, '')
    const colon = decoded.indexOf(':')
    if (colon > 0) return { kind: 'password', username: decoded.slice(0, colon), password: decoded.slice(colon + 1) }
  }
  return null
}

const hostOf = (key: string): string => key.replace(/^https?:\/\//, '').replace(/\/.*$/, '')

const canonicalHost = (key: string): string => {
  const host = hostOf(key)
  return host === 'index.docker.io' || host === 'registry-1.docker.io' ? 'docker.io' : host
}

type AskHelper = (helper: string, key: string) => Promise<RegistryLogin | null>

/** The helper protocol: the registry on standard input, JSON on standard output. null: it knows none, or is not there. */
const helperAsker =
  (env: Env, signal: AbortSignal): AskHelper =>
  async (helper, key) => {
    if (!/^[\w.-]+$/.test(helper)) return null
    const limit = AbortSignal.any([signal, AbortSignal.timeout(HELPER_MS)])
    const child = spawn(`docker-credential-${helper}`, ['get'], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { ...env },
      signal: limit,
    })
    const text = await new Promise<string | null>((resolve) => {
      const chunks: Buffer[] = []
      child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
      child.stdin.on('error', () => {})
      child.on('error', () => resolve(null))
      child.on('close', (code) => resolve(code === 0 ? Buffer.concat(chunks).toString('utf8') : null))
      child.stdin.end(key)
    })
    return text === null ? null : loginIn(text)
  }

const loginIn = (text: string): RegistryLogin | null => {
  try {
    const { Username, Secret } = JSON.parse(text) as { Username?: string; Secret?: string }
    if (Username === undefined || Secret === undefined || Secret === '') return null
    if (Username === '<token>') return { kind: 'token', identityToken: Secret }
    return { kind: 'password', username: Username, password: Secret }
  } catch {
    return null
  }
}
