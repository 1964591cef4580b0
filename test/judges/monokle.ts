// @monokle/validation: Pod Security, common practices, links between objects and the schemas of the release. It runs as a
// program of its own, for it brings its own fetch and says nothing about rules that fail.
import { join } from 'node:path'
import type { Finding, Verdict } from './finding.ts'
import { monokleModule } from './paths.ts'
import { answer, run } from './run.ts'

interface Told {
  readonly findings: readonly Omit<Finding, 'judge'>[]
  readonly judged: number
}

export const monokle = async (paths: readonly string[], schemas: string): Promise<Verdict> => {
  const program = join(import.meta.dirname, 'monokle', 'judge.ts')
  const input = JSON.stringify({ module: monokleModule(), schemas, paths })
  const ran = await run(process.execPath, [program], { input })
  if (ran.status !== 0) throw new Error(`monokle: ${ran.stderr.slice(0, 2000)}`)
  const { findings, judged } = answer<Told>('monokle', ran)
  return { findings: findings.map((finding) => ({ judge: 'monokle', ...finding })), judged }
}
