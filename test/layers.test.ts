import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative, sep } from 'node:path';
import { describe, expect, it } from 'vitest';

/** The layer of every folder; imports run to a lower number, or stay inside the folder. */
const LAYERS: Record<string, number> = {
  'lib/core': 0,
  'lib/domain': 1,
  'lib/top': 2,
  'lib/queue': 2,
  'lib/store': 2,
  'lib/privacy': 2,
  'lib/lambda': 3,
  'lib/pull': 3,
  'lib/enrich': 3,
  'lib/webhook': 3,
  functions: 4,
};

type Import = { readonly file: string; readonly target: string };

const root = normalize(join(import.meta.dirname, '..'));

function sourceFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|mjs)$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'));
}

/** Static and dynamic imports; relative ones as paths from the root, packages by name. */
function importsOf(file: string, text = readFileSync(join(root, file), 'utf8')): Import[] {
  const found = text.matchAll(/(?:\bfrom\s+|\bimport\s*\(\s*|^import\s+)['"]([^'"]+)['"]/gm);
  return [...found].map(([, specifier = '']) => ({
    file,
    target: specifier.startsWith('.')
      ? normalize(join(dirname(file), specifier))
          .split(sep)
          .join('/')
      : specifier,
  }));
}

function folderOf(path: string): string {
  const parts = path.split('/');
  return parts[0] === 'lib' ? parts.slice(0, 2).join('/') : (parts[0] ?? '');
}

function breaksLayers({ file, target }: Import): boolean {
  const from = LAYERS[folderOf(file)];
  if (from === undefined || !/\.(ts|mjs|json)$/.test(target)) return false;
  if (folderOf(file) === folderOf(target)) return folderOf(file) === 'functions';
  const to = LAYERS[folderOf(target)];
  return to === undefined || to >= from;
}

const lib = sourceFiles('lib');
const functions = sourceFiles('functions');
const infra = sourceFiles('infra');
const product = [...lib, ...functions, ...infra];
const imports = product.flatMap((file) => importsOf(file));
const show = (found: Import[]) => found.map(({ file, target }) => `${file} -> ${target}`);

describe('the layers', () => {
  it('lets imports of lib and functions run downwards only, and never between folders of one layer', () => {
    const broken = imports.filter(breaksLayers);

    expect(imports.length).toBeGreaterThan(50);
    expect(show(broken)).toEqual([]);
  });

  it('would see an upward and a sideways import', () => {
    const upward = importsOf('lib/domain/x.ts', "import { a } from '../top/a.ts';");
    const sideways = importsOf('lib/store/x.ts', "import type { a } from '../queue/a.ts';");
    const dynamic = importsOf('lib/pull/x.ts', "const a = await import('../../functions/a.ts');");

    expect([...upward, ...sideways, ...dynamic].map(breaksLayers)).toEqual([true, true, true]);
  });

  it('keeps middy and Powertools in lib/lambda', () => {
    const found = imports.filter(
      ({ file, target }) =>
        /^@middy\/|^@aws-lambda-powertools\//.test(target) && !file.startsWith('lib/lambda/'),
    );

    expect(show(found)).toEqual([]);
  });

  it('keeps AWS and HTTP out of lib/pull, lib/enrich, lib/webhook, lib/domain, lib/privacy and lib/core', () => {
    const found = imports.filter(
      ({ file, target }) =>
        /^@aws-sdk\/|^undici|^node:https?$|^node:net$/.test(target) &&
        /^lib\/(pull|enrich|webhook|domain|privacy|core)\//.test(file),
    );

    expect(show(found)).toEqual([]);
  });

  it('lets the simulator import nothing of lib or functions', () => {
    const found = imports.filter(
      ({ file, target }) =>
        file.startsWith('infra/local/simulator/') &&
        target.includes('/') &&
        /\.(ts|mjs)$/.test(target) &&
        !target.startsWith('infra/local/simulator/'),
    );

    expect(show(found)).toEqual([]);
  });

  it('lets only infra/local load functions', () => {
    const found = imports.filter(
      ({ file, target }) => target.startsWith('functions/') && !file.startsWith('infra/local/'),
    );

    expect(show(found)).toEqual([]);
  });

  it('reads the environment only in functions and infra, and for the level of the log', () => {
    const reads = /process\.env|import \{[^}]*\benv\b[^}]*\} from 'node:process'/;
    const found = lib.filter((file) => reads.test(readFileSync(join(root, file), 'utf8')));

    // A log is made before there is a configuration that could be wrong.
    expect(found).toEqual(['lib/lambda/log.ts']);
  });

  it('depends on nothing outside the repository', () => {
    const found = imports.filter(({ target }) => target.startsWith('..'));

    expect(show(found)).toEqual([]);
  });
});
