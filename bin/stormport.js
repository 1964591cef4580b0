#!/usr/bin/env node
// Starts the command line. Old syntax on purpose: a Node that is too old must get as far as the check below, which
// hands over to the Node that this package pins, or says in one line what is needed.
import fs from 'fs'
import module from 'module'
import path from 'path'
import url from 'url'

var NEEDED = [22, 19]
var root = path.dirname(path.dirname(fs.realpathSync(url.fileURLToPath(import.meta.url))))
var running = process.versions.node.split('.').map(Number)

function isTooOld() {
  return running[0] < NEEDED[0] || (running[0] === NEEDED[0] && running[1] < NEEDED[1])
}

function pinnedNode() {
  var candidates = [path.join(root, 'node_modules', 'node', 'bin', 'node'), path.join(root, '..', 'node', 'bin', 'node')]
  return candidates.filter(function (file) { return file !== process.execPath && fs.existsSync(file) })[0]
}

// The child is in our process group, so a terminal's Ctrl-C reaches it directly; what reaches only us is passed on.
function handOver(node) {
  Promise.all([import('child_process'), import('os')]).then(function (loaded) { spawnInstead(node, loaded[0], loaded[1]) })
}

function spawnInstead(node, childProcess, os) {
  var child = childProcess.spawn(node, [url.fileURLToPath(import.meta.url)].concat(process.argv.slice(2)), { stdio: 'inherit' })
  process.on('SIGINT', function () {})
  process.on('SIGTERM', function () { child.kill('SIGTERM') })
  process.on('SIGHUP', function () { child.kill('SIGHUP') })
  child.on('error', function (error) {
    process.stderr.write('stormport: cannot start ' + node + ': ' + error.message + '\n')
    process.exit(3)
  })
  child.on('exit', function (code, signal) { process.exit(signal ? 128 + os.constants.signals[signal] : code) })
}

// Compiled code is kept beside the user's other caches, never in a folder that others may write to.
function keepCompiledCode() {
  var home = process.env.XDG_CACHE_HOME || (process.env.HOME && path.join(process.env.HOME, '.cache'))
  if (home && path.isAbsolute(home) && module.enableCompileCache) module.enableCompileCache(path.join(home, 'stormport', 'compiled'))
}

function start() {
  keepCompiledCode()
  var built = path.join(root, 'dist', 'main.js')
  var entry = fs.existsSync(built) ? built : path.join(root, 'cli', 'main.ts')
  import(url.pathToFileURL(entry).href).then(function (cli) { return cli.main() })
}

if (!isTooOld()) start()
else if (pinnedNode()) handOver(pinnedNode())
else {
  process.stderr.write('stormport: needs Node ' + NEEDED.join('.') + ' or newer, this is ' + process.versions.node + '\n')
  process.exit(3)
}
