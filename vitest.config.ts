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
  },
})
