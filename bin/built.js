// Loads the built command, one file, together with the machine's own form of it: compiling what a command uses takes longer
// than running it. That form is kept beside the user's other caches, grows with the first runs of each verb,
// and is made anew when it is not of this very file and Node, or damaged.
const { hash } = require('node:crypto')
const { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } = require('node:fs')
const { createRequire, enableCompileCache } = require('node:module')
const { dirname, isAbsolute, join } = require('node:path')
const { setFlagsFromString } = require('node:v8')
const { Script } = require('node:vm')

/** The second run of a verb often takes another way than the first: the second deploy finds something there. */
const RUNS_THAT_ADD = 2
/** The value of an option may be taken for a verb: there are many of those. */
const MOST_RUNS = 100
/** After this long the engine may have dropped compiled code that was not used again. */
const LONGEST_RUN_S = 60

/** What a command makes of many objects it drops at once: room for more of that is a third of all memory and no time. */
const keepYoungSpaceSmall = () => setFlagsFromString('--semi-space-growth-factor=1')

const load = (file) => {
  keepYoungSpaceSmall()
  const folder = cacheFolder()
  // For what is loaded later from files of its own.
  if (folder !== null) enableCompileCache(join(folder, 'compiled'))
  const verb = process.argv.slice(2).find((word) => /^[a-z][a-z-]*$/.test(word)) ?? ''
  const place = folder === null ? null : join(folder, placeOf(file))
  const kept = place === null ? NOTHING : keptCode(place, keyOf(file))
  const source = `(function (exports, require, module, __filename, __dirname) {${readFileSync(file, 'latin1')}\n})`
  const script = new Script(source, { filename: file, ...(kept.code === null ? {} : { cachedData: kept.code }) })
  const verbs = script.cachedDataRejected ? [] : kept.verbs
  if (place !== null && verbs.length < MOST_RUNS && verbs.filter((known) => known === verb).length < RUNS_THAT_ADD)
    process.on('exit', (status) => {
      if (status === 0 && process.uptime() < LONGEST_RUN_S) keep(place, { key: keyOf(file), verbs: [...verbs, verb] }, script)
    })
  const module = { exports: {} }
  script.runInThisContext()(module.exports, createRequire(file), module, file, dirname(file))
  return module.exports
}

/** Never a folder that others may write to. */
const cacheFolder = () => {
  const { XDG_CACHE_HOME, HOME } = process.env
  const home = XDG_CACHE_HOME || (HOME && join(HOME, '.cache'))
  return home && isAbsolute(home) ? join(home, 'stormport') : null
}

/** One for each place that the package lies in. */
const placeOf = (file) => `command-${hash('sha256', file).slice(0, 12)}.code`

const keyOf = (file) => {
  const { size, mtimeMs } = statSync(file)
  return `${process.version} ${process.arch} ${size} ${mtimeMs}`
}

const NOTHING = { code: null, verbs: [] }

/** The engine trusts this code as it is, so that its sum is checked here. */
const keptCode = (place, key) => {
  try {
    const bytes = readFileSync(place)
    const end = bytes.indexOf(10)
    const head = JSON.parse(bytes.toString('utf8', 0, end))
    const code = bytes.subarray(end + 1)
    return head.key === key && head.sum === hash('sha256', code) ? { code, verbs: head.verbs } : NOTHING
  } catch {
    return NOTHING
  }
}

/** Whole or not at all; where it cannot be written, the next command is as slow as this one. */
const keep = (place, { key, verbs }, script) => {
  const made = `${place}.${process.pid}`
  try {
    const code = script.createCachedData()
    const head = JSON.stringify({ key, verbs, sum: hash('sha256', code) })
    mkdirSync(dirname(place), { recursive: true, mode: 0o700 })
    writeFileSync(made, Buffer.concat([Buffer.from(`${head}\n`), code]), { mode: 0o600 })
    renameSync(made, place)
  } catch {
    discard(made)
  }
}

const discard = (file) => {
  try {
    rmSync(file, { force: true })
  } catch {
    // No such folder: there is nothing to discard.
  }
}

module.exports = { load }
