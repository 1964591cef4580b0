// Sets up and runs one test tier: node scripts/tier.mjs compose|engine|kube. The set-up script of a tier, where it has one,
// installs and builds what the tests need into a cache outside the repository.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const tier = process.argv[2]
if (!tier || !existsSync(join(root, 'test', 'tiers', tier))) {
  console.error(`there is no tier ${tier ?? ''}`)
  process.exit(3)
}

const run = (command, args, env = {}) => {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } })
  if (error) console.error(error.message)
  if (status !== 0) process.exit(status ?? 1)
}

const setup = join(root, '.ci', `setup-${tier}.sh`)
if (existsSync(setup)) run('bash', [setup])
run(join(root, 'node_modules', '.bin', 'vitest'), ['run', '--config', 'vitest.tiers.config.ts', ...process.argv.slice(3)], { TIER: tier })
