import { defineConfig } from 'vitest/config'

const tier = process.env['TIER'] ?? 'none'

// One tier a run: TIER=engine vitest run --config vitest.tiers.config.ts (npm run test:engine). Files of the kube tier wait
// for controllers most of the time and each has planes of its own, so two of them run side by side.
export default defineConfig({
  test: {
    include: [`test/tiers/${tier}/**/*.test.ts`],
    testTimeout: 180_000,
    hookTimeout: 600_000,
    pool: 'forks',
    maxWorkers: tier === 'kube' ? 2 : 1,
    fileParallelism: tier === 'kube',
  },
})
