// Builds by `docker buildx build` where the user has it: it can do everything that a Dockerfile may ask for. Build
// arguments travel in its environment: on a command line every user of the machine could read them.
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StormportError } from '../../../../../core/errors.ts'
import type { Env } from '../credentials.ts'
import { linesOf } from '../frames.ts'
import type { Say } from '../images.ts'
import { maskArgs } from './engine-build.ts'
import type { BuildJob, BuildRequest } from './request.ts'

const VERSION_MS = 5_000

export const hasBuildx = async (env: Env, signal: AbortSignal): Promise<boolean> => {
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(VERSION_MS)])
    return (await run({ argv: ['buildx', 'version'], env }, () => {}, limit)) === 0
  } catch {
    return false
  }
}

export const buildxBuild = async (env: Env, { request, say }: BuildJob, signal: AbortSignal): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'stormport-build-'))
  const last: string[] = []
  try {
    const dockerfile = join(folder, 'Dockerfile')
    await writeFile(dockerfile, request.context.dockerfile)
    const argv = buildxArguments(request, dockerfile)
    const tell = (line: string): void => {
      if (line.trim() === '') return
      last.push(line)
      say(line)
    }
    const code = await run({ argv, env: { ...env, ...request.args } }, tell, signal)
    if (code !== 0) throw failed(request, last)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Without any value of a build argument. */
export const buildxArguments = (request: BuildRequest, dockerfile: string): readonly string[] => {
  const { spec } = request
  const each = (flag: string, values: readonly string[]): readonly string[] => values.flatMap((value) => [flag, value])
  const one = (flag: string, value: unknown): readonly string[] =>
    value === undefined || value === null || value === '' ? [] : [flag, String(value)]
  const when = (flag: string, value: unknown): readonly string[] => (value === true ? [flag] : [])
  return [
    'buildx',
    'build',
    '--progress',
    'plain',
    '--load',
    '--file',
    dockerfile,
    ...each('--tag', [request.reference, ...request.tags]),
    ...each('--build-arg', Object.keys(request.args)),
    ...each('--label', pairs(spec.labels)),
    ...each(
      '--add-host',
      list(spec['extra_hosts']).map((host) => host.replace('=', ':')),
    ),
    ...each('--cache-from', list(spec['cache_from'])),
    ...each('--cache-to', list(spec['cache_to'])),
    ...each('--no-cache-filter', list(spec['no_cache_filter'])),
    ...each('--build-context', pairs(spec['additional_contexts'])),
    ...each('--ssh', list(spec['ssh'])),
    ...each('--allow', list(spec['entitlements'])),
    ...one('--target', spec.target),
    ...one('--network', spec['network']),
    ...one('--platform', request.platform),
    ...one('--shm-size', spec['shm_size']),
    ...one('--provenance', spec['provenance']),
    ...one('--sbom', spec['sbom']),
    ...when('--no-cache', spec['no_cache']),
    ...when('--pull', spec['pull']),
    request.context.folder,
  ]
}

const list = (value: unknown): readonly string[] => {
  if (Array.isArray(value)) return value.map(String)
  return typeof value === 'object' && value !== null ? pairs(value) : []
}

const pairs = (value: unknown): readonly string[] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).map(([key, each]) => `${key}=${String(each ?? '')}`)
    : []

const failed = (request: BuildRequest, last: readonly string[]): StormportError => {
  const reason = last.findLast((line) => /error/i.test(line)) ?? last.at(-1) ?? 'docker buildx gave no reason'
  return new StormportError('InvalidSpec', `${request.service}: the build failed: ${maskArgs(request, reason)}`, {
    diagnostic: 'SP4121',
    service: request.service,
    source: 'user',
    hint: 'Correct the Dockerfile; the lines above show the step.',
  })
}

/** Resolves to the exit code; both outputs are read as lines. */
const run = async (
  command: { readonly argv: readonly string[]; readonly env: Env },
  tell: Say,
  signal: AbortSignal,
): Promise<number> => {
  const child = spawn('docker', command.argv, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...command.env }, signal })
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve(code ?? 1))
  })
  const read = async (stream: AsyncIterable<Buffer>): Promise<void> => {
    for await (const line of linesOf(stream)) tell(line)
  }
  const [code] = await Promise.all([ended, read(child.stdout), read(child.stderr)])
  return code
}
