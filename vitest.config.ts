import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/cluster/**'],
    globalSetup: ['test/global-setup.ts'],
    // Where CI is set colours are on even without a terminal.
    env: { NO_COLOR: '1' },
    // Only against hanging for good: how fast a machine is decides nothing.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 300_000 } },
    pool: 'forks',
    maxWorkers: 3,
  },
});
