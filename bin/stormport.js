#!/usr/bin/env node
// Starts the command line. Old syntax on purpose: a Node that is too old must get as far as the check below, which
// hands over to the Node that this package pins, or says in one line what is needed. No import: it costs more than require.
var fs = require('fs')
var path = require('path')

var NEEDED = [22, 19]
var root = path.dirname(path.dirname(fs.realpathSync(__filename)))
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
  var child = require('child_process').spawn(node, [__filename].concat(process.argv.slice(2)), { stdio: 'inherit' })
  process.on('SIGINT', function () {})
  process.on('SIGTERM', function () { child.kill('SIGTERM') })
  process.on('SIGHUP', function () { child.kill('SIGHUP') })
  child.on('error', function (error) {
    process.stderr.write('stormport: cannot start ' + node + ': ' + error.message + '\n')
    process.exit(3)
  })
  child.on('exit', function (code, signal) { process.exit(signal ? 128 + require('os').constants.signals[signal] : code) })
}

function start() {
  var built = path.join(root, 'dist', 'main.cjs')
  if (fs.existsSync(built)) startBuilt(built)
  else import(require('url').pathToFileURL(path.join(root, 'cli', 'main.ts')).href).then(function (cli) { return cli.main() })
}

// What needs nothing but a text is not worth loading the whole command for.
function startBuilt(built) {
  var words = process.argv.slice(2)
  var text = words.length > 1 ? null : require(path.join(root, 'dist', 'plain.cjs')).plainAnswer(words)
  if (text === null) require('./built.js').load(built).main()
  else process.stdout.write(text)
}

if (!isTooOld()) start()
else if (pinnedNode()) handOver(pinnedNode())
else {
  process.stderr.write('stormport: needs Node ' + NEEDED.join('.') + ' or newer, this is ' + process.versions.node + '\n')
  process.exit(3)
}
