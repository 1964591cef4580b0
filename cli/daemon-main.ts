// Entry of the daemon process: daemon-main --proxy SCRIPT --home FOLDER. In the built package it is one file, run from its
// own copy. TERM and INT end it; the terminal of the command that started it does not matter to it.
import { dirname } from 'node:path'
import { runDaemon } from '../providers/local/daemon/main.ts'
import { isBuilt, packageVersion } from './version.ts'

const wordAfter = (words: readonly string[], name: string): string => {
  const value = words[words.indexOf(name) + 1]
  if (words.includes(name) && value !== undefined) return value
  process.stderr.write('usage: daemon-main --proxy SCRIPT --home FOLDER\n')
  process.exit(2)
}

const main = (words: readonly string[]): Promise<number> => {
  const ending = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => ending.abort())
  process.on('SIGHUP', () => undefined)
  return runDaemon({
    home: wordAfter(words, '--home'),
    version: packageVersion(),
    proxyCommand: [process.execPath, wordAfter(words, '--proxy')],
    runtimeDir: isBuilt() ? dirname(import.meta.filename) : null,
    signal: ending.signal,
  })
}

main(process.argv.slice(2)).then(
  (exitCode) => process.exit(exitCode),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
    process.exit(1)
  },
)
