import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/bench/**'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default', './tools/plainReporter.ts'],
    pool: 'forks',
    maxWorkers: 2,
  },
});
