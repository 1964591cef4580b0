import { availableParallelism } from 'node:os'
import { configDefaults, defineConfig } from 'vitest/config'

// Real tiers need parts of their own and run by vitest.tiers.config.ts, but for those that `npm test` found ready.
const ready = (process.env['STORMPORT_TEST_TIERS'] ?? '').split(',').filter((tier) => tier !== '')
const tiers = ready.length === 0 ? 'test/tiers/**' : `test/tiers/!(${ready.join('|')})/**`

export default defineConfig({
  test: {
    include: ['core', 'providers', 'cli', 'test', 'scripts'].map((folder) => `${folder}/**/*.test.ts`),
    exclude: [...configDefaults.exclude, 'dist/**', tiers],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // Half of what they do is to wait for processes and servers, so that more of them than cores run side by side.
    maxWorkers: Math.max(3, availableParallelism()),
  },
})
