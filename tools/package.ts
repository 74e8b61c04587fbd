import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { bundleFunctions } from './bundle.ts';

/*
 * `npm run package`: one bundle per function in dist/<function>/index.mjs, then `osls package`, which works offline
 * and writes the deployment template to .serverless/. Source maps stand beside the bundles and are not deployed.
 */

const root = join(import.meta.dirname, '..');

for (const { name, bytes } of await bundleFunctions(join(root, 'dist'))) {
  process.stdout.write(`${name}: ${Math.round(bytes / 1024)} KB\n`);
}

const packaged = spawnSync(
  process.execPath,
  [join(root, 'node_modules/serverless/bin/serverless.js'), 'package', ...process.argv.slice(2)],
  // No question to anybody: packaging needs no account, no network and no login.
  {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, SLS_NOTIFICATIONS_MODE: 'off', SLS_TELEMETRY_DISABLED: '1' },
  },
);
process.exitCode = packaged.status ?? 1;
