// Walks every import and holds the dependency rule of DESIGN section 2, and the purity of the decision folders.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')

const sources = (folder: string): string[] =>
  readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((e) => e.isFile() && e.name.endsWith('.ts'))
    .map((e) => relative(root, join(e.parentPath, e.name)))
    .sort()

const importsOf = (file: string): string[] => {
  const text = readFileSync(join(root, file), 'utf8')
  const statements = [...text.matchAll(/(?:^|\n)(?:import|export)\s[^'"]*?\bfrom\s*['"]([^'"]+)['"]/g)].map(
    (m) => m[1] ?? '',
  )
  const bare = [...text.matchAll(/(?:^|\n)import\s*['"]([^'"]+)['"]/g)].map((m) => m[1] ?? '')
  const dynamic = [...text.matchAll(/\bimport\(\s*['"]([^'"]+)['"]/g)].map((m) => m[1] ?? '')
  return [...new Set([...statements, ...bare, ...dynamic])]
}

/** 'core/plan/diff.ts' → 'core/plan'; files at the top of core count as themselves. */
const roomOf = (file: string): string => {
  const parts = file.split('/')
  if (parts[0] === 'core') return parts.length > 2 ? `core/${parts[1]}` : file
  if (parts[0] === 'providers') {
    if (parts[1] === 'local' && parts[2] === 'daemon') return 'providers/local/daemon'
    return parts.length > 2 ? `providers/${parts[1]}` : file
  }
  return parts[0] ?? file
}

const always = ['core/model', 'core/errors.ts']
const allowed: Readonly<Record<string, readonly string[]>> = {
  'core/model': ['core/model', 'core/errors.ts'],
  'core/errors.ts': ['core/model'],
  'core/ports.ts': [...always],
  'core/config': ['core/config', 'core/ports.ts', ...always],
  'core/schedule': ['core/schedule', ...always],
  'core/place': ['core/place', 'core/schedule', ...always],
  'core/plan': ['core/plan', 'core/schedule', ...always],
  'core/catalog': ['core/catalog', 'core/schedule', ...always],
  'core/engine': [
    'core/engine',
    'core/place',
    'core/plan',
    'core/schedule',
    'core/catalog',
    'core/ports.ts',
    ...always,
  ],
  'providers/registry.ts': [
    'providers/local',
    'providers/kubernetes',
    'providers/eks',
    'providers/aks',
    'core/ports.ts',
    ...always,
  ],
  'providers/eks': ['providers/eks', 'providers/kubernetes', 'core/ports.ts', ...always],
  'providers/aks': ['providers/aks', 'providers/kubernetes', 'core/ports.ts', ...always],
  'providers/kubernetes': ['providers/kubernetes', 'core/ports.ts', ...always],
  'providers/local': ['providers/local', 'providers/local/daemon', 'core/ports.ts', ...always],
  'providers/local/daemon': [
    'providers/local',
    'providers/local/daemon',
    'core/schedule',
    'core/plan',
    'core/ports.ts',
    ...always,
  ],
}

const pure = ['core/model', 'core/config', 'core/place', 'core/schedule', 'core/plan', 'core/catalog']
const production: readonly string[] = [...sources('core'), ...sources('providers')].filter(
  (f) => !f.endsWith('.test.ts') && !f.includes('conformance'),
)

describe('the dependency rule', () => {
  it('lets each layer import only what stands to its left', () => {
    const wrong: string[] = []
    for (const file of production) {
      const rule = allowed[roomOf(file)]
      if (rule === undefined) {
        wrong.push(`${file}: its folder has no rule`)
        continue
      }
      for (const specifier of importsOf(file).filter((s) => s.startsWith('.'))) {
        const to = relative(root, resolve(root, dirname(file), specifier))
        if (!rule.includes(roomOf(to))) wrong.push(`${file} imports ${to}`)
      }
    }
    expect(wrong).toEqual([])
  })

  it('keeps SDKs and the command line out of core', () => {
    const wrong: string[] = []
    const packages = new Set(['yaml', 'zod', 'fastest-levenshtein', 'croner'])
    for (const file of sources('core').filter((f) => !f.endsWith('.test.ts')))
      for (const s of importsOf(file))
        if (!s.startsWith('.') && !s.startsWith('node:') && !packages.has(s)) wrong.push(`${file} imports ${s}`)
    expect(wrong).toEqual([])
  })

  it('keeps time, chance, processes and I/O out of the decision folders', () => {
    const wrong: string[] = []
    const forbidden =
      /\b(async |await |Date\.now|new Date\(\)|Math\.random|setTimeout|setInterval|(?<![\w.])process\.|fetch\()/
    for (const file of production.filter((f) => pure.includes(roomOf(f)))) {
      for (const s of importsOf(file)) if (/^node:(?!crypto|path|util)/.test(s)) wrong.push(`${file} imports ${s}`)
      for (const [i, line] of readFileSync(join(root, file), 'utf8').split('\n').entries())
        if (forbidden.test(line.replace(/\/\/.*|^\s*\*.*|'[^']*'|`[^`]*`/g, '')))
          wrong.push(`${file}:${i + 1} ${line.trim()}`)
    }
    expect(wrong).toEqual([])
  })
})

/** Every function at the top of a file, by the formatter's shape: what is indented or closes below it is part of it. */
const functionsOf = (
  file: string,
): readonly { readonly file: string; readonly line: string; readonly lines: number }[] => {
  const lines = readFileSync(join(root, file), 'utf8').split('\n')
  return lines.flatMap((line, start) => {
    if (!/^(export )?(async )?(function\b|const \w+(: .*)? = (async )?[(<])/.test(line)) return []
    const next = lines.findIndex((other, i) => i > start && !/^(\s|[)}\]]|$)/.test(other))
    const body = lines.slice(start, next < 0 ? undefined : next).join('\n')
    return [{ file, line, lines: body.trimEnd().split('\n').length }]
  })
}

/** Over the limit since before it was held; the list may only get shorter. */
const LONG = [
  'providers/kubernetes/client/api.ts',
  'providers/local/daemon/control-plane.ts',
  'providers/local/drivers/simulated.ts',
]

describe('the shape of files', () => {
  it('keeps every function at 60 lines or fewer', () => {
    const found = [...production, ...sources('cli')].flatMap(functionsOf)
    expect(found.length).toBeGreaterThan(1_000)
    expect(found.filter(({ file, lines }) => lines > 60 && !LONG.includes(file))).toEqual([])
  })

  it('keeps every file at 400 lines or fewer', () => {
    const long = [...sources('core'), ...sources('providers'), ...sources('cli')]
      .map((f) => ({ f, lines: readFileSync(join(root, f), 'utf8').split('\n').length }))
      .filter(({ lines }) => lines > 401)
    expect(long).toEqual([])
  })
})
