import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build, type Plugin } from 'esbuild';

const root = join(import.meta.dirname, '..');

/**
 * Of undici the functions use `Pool` over HTTP/1.1 with texts as bodies. The rest of it (fetch, HTTP/2, caches,
 * mocks, the parser for processors without SIMD) is three quarters of its size and is never reached.
 */
const onlyPoolOfUndici: Plugin = {
  name: 'only-pool-of-undici',
  setup(bundle) {
    bundle.onResolve({ filter: /^undici$/ }, () => ({ path: 'undici-pool', namespace: 'carferry' }));
    bundle.onLoad({ filter: /^undici-pool$/, namespace: 'carferry' }, () => ({
      contents: `exports.Pool = require('undici/lib/dispatcher/pool.js');`,
      loader: 'js',
      resolveDir: root,
    }));
    const unreached =
      /[\\/]undici[\\/]lib[\\/](llhttp[\\/]llhttp-wasm|dispatcher[\\/]client-h2|web[\\/]fetch[\\/](body|formdata)|web[\\/]webidl[\\/]index)\.js$/;
    bundle.onLoad({ filter: unreached }, () => ({ contents: 'module.exports = {};', loader: 'js' }));
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
    bundle.onLoad({ filter: /^environment-credentials$/, namespace: 'carferry' }, () => ({
      contents: `export const defaultProvider = () => async () => ({
        accessKeyId: process.env.AWS_ACCESS_KEY_ID,
        secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY,
        sessionToken: process.env.AWS_SESSION_TOKEN,
      });`,
      loader: 'js',
    }));
  },
};

/**
 * An `import` of `node:util` reads every member of it, and some of them load worker threads and a parser of arguments:
 * twelve modules of Node that no function needs. What is asked by `require` reads only what is named here.
 */
const onlyNeededOfUtil: Plugin = {
  name: 'only-needed-of-util',
  setup(bundle) {
    bundle.onResolve({ filter: /^node:util$/ }, ({ kind, namespace }) =>
      kind === 'import-statement' && namespace !== 'carferry'
        ? { path: 'util', namespace: 'carferry' }
        : { path: 'node:util', external: true },
    );
    bundle.onLoad({ filter: /^util$/, namespace: 'carferry' }, () => ({
      contents: `const util = require('node:util');
        export const isDeepStrictEqual = util.isDeepStrictEqual;
        export const promisify = util.promisify;
        export const TextDecoder = util.TextDecoder;`,
      loader: 'js',
    }));
  },
};

/** undici is CommonJS and asks for Node's own modules with `require`. */
const banner = `import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);`;

async function bundleOne(name: string, folder: string): Promise<Bundle> {
  const path = join(root, 'functions', `${name}.ts`);
  return { name, ...(await bundleEntry({ path }, join(folder, name, 'index.mjs'))) };
}

/** What leaves out the parts of the libraries that no function reaches. */
const trims = [onlyPoolOfUndici, environmentCredentials, onlyNeededOfUtil];

/**
 * Bundles a file, or a text that stands for one, as functions are bundled.
 *
 * @param options `trimmed: false`: the libraries as they come, for comparison.
 */
export async function bundleEntry(
  entry: { readonly path: string } | { readonly text: string },
  file: string,
  { trimmed = true }: { readonly trimmed?: boolean } = {},
): Promise<Omit<Bundle, 'name'>> {
  const { metafile } = await build({
    ...('path' in entry
      ? { entryPoints: [entry.path] }
      : { stdin: { contents: entry.text, resolveDir: root, loader: 'ts' } }),
    outfile: file,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    minify: true,
    mainFields: ['module', 'main'],
    // Drops undici's second parser.
    ...(trimmed && { define: { esbuildDetection: 'true' } }),
    banner: { js: banner },
    plugins: trimmed ? trims : [],
    sourcemap: 'external',
    legalComments: 'none',
    logLevel: 'warning',
    metafile: true,
  });
  const used = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.entries(inputs));
  const sources = used.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => path);
  return { bytes: statSync(file).size, sources };
}

export type Bundle = {
  readonly name: string;
  readonly bytes: number;
  /** Paths of the files that went in. */
  readonly sources: readonly string[];
};

/** Names of all functions. */
export function functionNames(): string[] {
  return readdirSync(join(root, 'functions'))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => basename(file, '.ts'));
}

/** One bundle per function, `<folder>/<function>/index.mjs`, its source map beside it; empties the folder first. */
export async function bundleFunctions(folder: string): Promise<Bundle[]> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return await Promise.all(functionNames().map((name) => bundleOne(name, folder)));
}
