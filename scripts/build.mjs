// Builds dist/: the command line as one file (bin/built.js says why) with its fixed answers beside it, the library in chunks that load on demand, SDKs in
// files of their own, and the daemon and the proxy as one file each, because they run from a copied runtime. Equal sources
// build nothing; a build that is cut off leaves the old dist/ in place.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'dist')
const STAMP = '.sources'
const withTypes = !process.argv.includes('--no-types')
const SOURCES = ['bin', 'cli', 'core', 'providers', 'scripts', 'package.json', 'package-lock.json', 'tsconfig.json']

const filesBelow = (path) => {
  if (!existsSync(path)) return []
  if (statSync(path).isFile()) return [path]
  return readdirSync(path).sort().flatMap((name) => filesBelow(join(path, name)))
}

const hashSources = () => {
  const hash = createHash('sha256')
  for (const file of SOURCES.flatMap((name) => filesBelow(join(root, name)))) {
    if (!file.endsWith('.test.ts')) hash.update(`${relative(root, file)}\0`).update(readFileSync(file)).update('\0')
  }
  return hash.digest('hex')
}

/** Without types is enough only where none are asked for. */
const isFresh = (hash) => {
  const stamp = join(dist, STAMP)
  const built = existsSync(stamp) ? readFileSync(stamp, 'utf8').split(' ') : []
  return built[0] === hash && (!withTypes || built[1] === 'types')
}

/**
 * Node's own modules without `import`: that reads every export, and some of them load much that nothing here uses. Each is
 * loaded at the first use of one of its names.
 */
const builtins = {
  name: 'builtins',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^node:/ }, ({ path, kind }) => (kind === 'require-call' ? undefined : { path, namespace: 'builtin' }))
    onLoad({ filter: /./, namespace: 'builtin' }, ({ path }) => ({ contents: builtinOnUse(path) }))
  },
}

const builtinOnUse = (name) => {
  const load = `process.getBuiltinModule(${JSON.stringify(name)})`
  const found = process.getBuiltinModule(name)
  // One that is a function itself, or there anyway.
  if (typeof found === 'function' || name === 'node:process') return `module.exports = ${load}`
  const names = Object.keys(found).filter((key) => /^[a-z_$][\w$]*$/i.test(key) && key !== 'default')
  return `const load = () => ${load};module.exports = {${names.map((key) => `get ${key}() { return load().${key} }`)}}`
}

/**
 * SDKs, the packages with a scope, stay out of the command's own file: one file for all of a scope, loaded when one of them
 * is first asked for. `found` takes what is used.
 */
const sdks = (found) => ({
  name: 'sdks',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^@/ }, ({ path }) => {
      found.add(path)
      return { path, namespace: 'sdk' }
    })
    onResolve({ filter: /^\.\/sdk\// }, ({ path, namespace }) => (namespace === 'sdk' ? { path, external: true } : undefined))
    onLoad({ filter: /./, namespace: 'sdk' }, ({ path }) => ({
      contents: `module.exports = require('./sdk/${scopeOf(path)}.cjs')[${JSON.stringify(path)}]()`,
    }))
  },
})

/** What is told of the verbs, but not what they do: that is never loaded from here. */
const withoutVerbs = {
  name: 'without verbs',
  setup: ({ onResolve }) => {
    onResolve({ filter: /./ }, ({ path, kind }) => (kind === 'dynamic-import' ? { path, external: true } : undefined))
  },
}

const scopeOf = (name) => name.slice(1, name.indexOf('/'))

const sdkEntry = (names) => ({
  contents: `module.exports = {${names.map((name) => `${JSON.stringify(name)}: () => require(${JSON.stringify(name)})`)}}`,
  resolveDir: root,
})

const bundle = async (outdir) => {
  const { build } = await import('esbuild')
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const found = new Set()
  const common = {
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    target: 'node22.19',
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    logLevel: 'warning',
    plugins: [builtins],
  }
  // Reading Node's navigator, as a package does to know a browser's worker, loads its threads.
  const define = { STORMPORT_VERSION: JSON.stringify(version), navigator: 'undefined' }
  const ours = { ...common, define, plugins: [builtins, sdks(found)] }
  // CommonJS packages in a bundle of modules call require() for Node's own.
  const modules = { ...ours, format: 'esm', banner: { js: "const require = globalThis.process.getBuiltinModule('node:module').createRequire(import.meta.url);" } }
  const command = {
    ...ours,
    format: 'cjs',
    define: { ...define, 'import.meta.url': 'MODULE_URL' },
    banner: { js: "const MODULE_URL = require('node:url').pathToFileURL(__filename).href;" },
  }
  await build({ ...command, outfile: join(outdir, 'main.cjs'), entryPoints: ['cli/main.ts'] })
  await build({ ...command, outfile: join(outdir, 'plain.cjs'), entryPoints: ['cli/plain.ts'], plugins: [builtins, withoutVerbs] })
  await build({ ...modules, outdir, entryPoints: { library: 'cli/library.ts' }, splitting: true, chunkNames: '[name]-[hash]' })
  for (const [scope, names] of Map.groupBy(found, scopeOf))
    await build({ ...common, format: 'cjs', outfile: join(outdir, 'sdk', `${scope}.cjs`), stdin: sdkEntry(names) })
  // .mjs, because the copy has no package.json beside it that says what .js is.
  await build({ ...modules, outdir, entryPoints: { daemon: 'cli/daemon-main.ts', proxy: 'providers/local/proxy/proxy-main.ts' }, splitting: false, outExtension: { '.js': '.mjs' } })
}

const declare = (outdir) => {
  const args = [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', join(root, 'scripts', 'tsconfig.types.json'), '--outDir', join(outdir, 'types')]
  const run = spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
  if (run.status !== 0) throw new Error('tsc found errors')
}

/** Two builds at once each make a whole folder; the rename decides, and both are equal. */
const swap = (made) => {
  const old = mkdtempSync(join(root, '.dist-old-'))
  if (existsSync(dist)) renameSync(dist, join(old, 'dist'))
  try {
    renameSync(made, dist)
  } finally {
    rmSync(old, { recursive: true, force: true })
  }
}

const hash = hashSources()
if (!isFresh(hash)) {
  const made = mkdtempSync(join(root, '.dist-new-'))
  try {
    await bundle(made)
    if (withTypes) declare(made)
    chmodSync(made, 0o755)
    writeFileSync(join(made, STAMP), `${hash} ${withTypes ? 'types' : ''}`)
    // Another build of the same sources may have been quicker: its files may be in use already.
    if (!isFresh(hash)) swap(made)
  } finally {
    rmSync(made, { recursive: true, force: true })
  }
}
