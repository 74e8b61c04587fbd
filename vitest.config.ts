import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/bench/**'],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    reporters: ['default', './tools/plainReporter.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // Functions under test would write a line of metrics for each invocation.
    env: { POWERTOOLS_METRICS_DISABLED: 'true' },
  },
});
