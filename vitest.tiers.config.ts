import { defineConfig } from 'vitest/config'

// One tier a run: TIER=engine vitest run --config vitest.tiers.config.ts (npm run test:engine).
export default defineConfig({
  test: {
    include: [`test/tiers/${process.env['TIER'] ?? 'none'}/**/*.test.ts`],
    testTimeout: 180_000,
    hookTimeout: 600_000,
    pool: 'forks',
    fileParallelism: false,
  },
})
