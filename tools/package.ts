import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build, type Plugin } from 'esbuild';

/*
 * `npm run package`: one bundle per function in dist/<function>/index.mjs, then `osls package`, which works offline
 * and writes the deployment template to .serverless/. Source maps stand beside the bundles and are not deployed.
 */

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');

/** Lambda's Node 24 has SIMD, so the parser without it is dead weight. */
const withoutSecondParser: Plugin = {
  name: 'without-second-parser',
  setup(bundle) {
    bundle.onLoad({ filter: /[\\/]undici[\\/]lib[\\/]llhttp[\\/]llhttp-wasm\.js$/ }, () => ({
      contents: 'module.exports = undefined;',
      loader: 'js',
    }));
  },
};

/** On Lambda the credentials are always in the environment; the other providers are a third of the SDK. */
const environmentCredentials: Plugin = {
  name: 'environment-credentials',
  setup(bundle) {
    bundle.onResolve({ filter: /^@aws-sdk\/credential-provider-node$/ }, () => ({
      path: 'environment-credentials',
      namespace: 'carferry',
    }));
    bundle.onLoad({ filter: /.*/, namespace: 'carferry' }, () => ({
      contents: `export const defaultProvider = () => async () => ({
        accessKeyId: process.env.AWS_ACCESS_KEY_ID,
        secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY,
        sessionToken: process.env.AWS_SESSION_TOKEN,
      });`,
      loader: 'js',
    }));
  },
};

/** undici is CommonJS and asks for Node's own modules with `require`. */
const banner = `import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);`;

async function bundle(name: string): Promise<void> {
  await build({
    entryPoints: [join(root, 'functions', `${name}.ts`)],
    outfile: join(dist, name, 'index.mjs'),
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    minify: true,
    mainFields: ['module', 'main'],
    define: { esbuildDetection: 'true' },
    banner: { js: banner },
    plugins: [withoutSecondParser, environmentCredentials],
    sourcemap: 'external',
    legalComments: 'none',
    logLevel: 'warning',
  });
}

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
const names = readdirSync(join(root, 'functions'))
  .filter((file) => file.endsWith('.ts'))
  .map((file) => basename(file, '.ts'));
await Promise.all(names.map(bundle));
for (const name of names) {
  const kilobytes = Math.round(statSync(join(dist, name, 'index.mjs')).size / 1024);
  process.stdout.write(`${name}: ${kilobytes} KB\n`);
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
