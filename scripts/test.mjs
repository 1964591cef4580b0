// What `npm test` runs: a build (nothing where nothing changed), then every test that needs no set-up, and the compose
// tier where its reference loader is built already. Ends by naming the tiers that were left out, each with its command.
// Downloads nothing; arguments go to vitest, and its exit status is ours.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { oracleProgram } from '../test/compose/oracle.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const words = process.argv.slice(2)

const run = (args, env = {}) => {
  const { status, error } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } })
  if (error) console.error(error.message)
  return status ?? 1
}

/** The compose tier also asks Go where the reference loader's own files lie. */
const isReady = (tier) => tier === 'compose' && existsSync(oracleProgram()) && spawnSync('go', ['version']).status === 0

const commandOf = (tier) => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  return `test:${tier}` in scripts ? `npm run test:${tier}` : `node scripts/tier.mjs ${tier}`
}

const built = run([join(root, 'scripts', 'build.mjs')])
if (built !== 0) process.exit(built)

const tiers = readdirSync(join(root, 'test', 'tiers')).sort()
const included = tiers.filter(isReady)
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
const status = run([vitest, 'run', ...words], { STORMPORT_TEST_TIERS: included.join(','), GOPROXY: 'off', GOTOOLCHAIN: 'local' })

for (const tier of included) console.log(`included tier ${tier}: its parts are here`)
for (const tier of tiers.filter((name) => !included.includes(name))) console.log(`left out tier ${tier}: ${commandOf(tier)}`)
process.exit(status)
