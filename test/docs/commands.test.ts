import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { projectRoot } from '../../infra/local/template.ts';
import { callsIn, codeOf, DOCUMENTS, headingsOf, proseOf, readDocument, scriptsIn } from './documents.ts';

const READMES = ['README.md', 'README.zh-CN.md'] as const;
const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readDocument('package.json')));
const program = new Command('carferry');

/** The commands that infra/cli/main.ts adds; it cannot be imported, because it runs. */
beforeAll(async () => {
  const main = readDocument('infra/cli/main.ts');
  const folder = join(projectRoot, 'infra', 'cli', 'commands');
  for (const file of readdirSync(folder)) {
    const exported: Record<string, unknown> = await import(join(folder, file));
    for (const [name, add] of Object.entries(exported)) {
      if (main.includes(`${name}(program)`) && typeof add === 'function') add(program);
    }
  }
});

/** What is wrong with the words of a call; `a|b` stands for both. */
function wrongWords(words: readonly string[], command: Command): string[] {
  const [word = '', ...others] = words;
  if (command.commands.length > 0) {
    if (!/^[a-z]/.test(word))
      return word === '' || word === '--help' ? [] : [`${word} after ${command.name()}`];
    return word.split('|').flatMap((name) => {
      const next = command.commands.find((candidate) => candidate.name() === name);
      return next === undefined ? [`${command.name()} ${name}`] : wrongWords(others, next);
    });
  }
  return unknownFlags(words, [...command.options.map(({ long }) => long ?? ''), '--help']);
}

function unknownFlags(words: readonly string[], known: readonly string[]): string[] {
  const flags = words.flatMap((word) => /^--[a-z-]+/.exec(word)?.[0] ?? []);
  return flags.filter((flag) => !known.includes(flag));
}

/** `keys rotate` for each command without subcommands. */
const leavesOf = (command: Command): string[] =>
  command.commands.flatMap((next) =>
    next.commands.length === 0 ? [next.name()] : leavesOf(next).map((name) => `${next.name()} ${name}`),
  );

/** Calls of a document as sorted texts, what is not a word of a command line left out: it is translated. */
function callsOf(path: string): string[] {
  const code = codeOf(readDocument(path));
  const calls = (['carferry', 'deploy'] as const).flatMap((name) =>
    code.flatMap((text) =>
      callsIn(text, name).map((words) =>
        [name, ...words].filter((word) => /^[a-z|:-]+$/.test(word)).join(' '),
      ),
    ),
  );
  return [...new Set([...calls, ...code.flatMap(scriptsIn)])].toSorted();
}

describe.each(DOCUMENTS)('%s', (path) => {
  const markdown = readDocument(path);

  it('names only scripts of package.json', () => {
    expect(
      codeOf(markdown)
        .flatMap(scriptsIn)
        .filter((name) => !Object.hasOwn(scripts, name)),
    ).toEqual([]);
  });

  it('names only commands and flags of carferry and of the deployment that exist', () => {
    const code = codeOf(markdown);
    const deployed = readDocument('infra/deploy/main.ts').match(/--[a-z-]+/g) ?? [];

    expect(
      code.flatMap((text) => callsIn(text, 'carferry')).flatMap((words) => wrongWords(words, program)),
    ).toEqual([]);
    expect(
      code.flatMap((text) => callsIn(text, 'deploy')).flatMap((words) => unknownFlags(words, deployed)),
    ).toEqual([]);
  });

  it('links only to files and headings that are there', () => {
    const targets = [...proseOf(markdown).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(
      ([, target = '']) => target,
    );
    const isDead = (target: string): boolean => {
      const [file = '', anchor] = target.split('#');
      const full = file === '' ? join(projectRoot, path) : join(projectRoot, dirname(path), file);
      if (!existsSync(full)) return true;
      return (
        anchor !== undefined && !headingsOf(readFileSync(full, 'utf8')).some(([, name]) => name === anchor)
      );
    };

    expect(targets.filter(isDead)).toEqual([]);
  });
});

describe('the two READMEs', () => {
  const [english, chinese] = READMES;

  it('have the same sections', () => {
    const levels = (path: string) => headingsOf(readDocument(path)).map(([level]) => level);

    expect(levels(chinese)).toEqual(levels(english));
  });

  it('show the same commands', () => {
    expect(callsOf(chinese)).toEqual(callsOf(english));
  });

  it.each(READMES)('%s tells of every command of carferry', (path) => {
    const told = codeOf(readDocument(path)).flatMap((text) =>
      callsIn(text, 'carferry').map((words) => words.join(' ')),
    );
    const names = told.flatMap((call) => {
      const [first = '', second = ''] = call.split(' ');
      return [first, ...second.split('|').map((name) => `${first} ${name}`)];
    });

    expect(leavesOf(program).filter((name) => !names.includes(name))).toEqual([]);
  });
});

it('every script of package.json is told in the README or in CONTRIBUTING', () => {
  const told = new Set(
    ['README.md', 'CONTRIBUTING.md'].flatMap((path) => codeOf(readDocument(path)).flatMap(scriptsIn)),
  );

  expect(Object.keys(scripts).filter((name) => !told.has(name))).toEqual([]);
});

describe('the reader of documents', () => {
  it.each([
    ['npm ci && npm start', ['start']],
    ['npm run -s check', ['check']],
    ['npm run test:aws -- --only lint', ['test:aws']],
    ['npm run -s carferry -- status', ['carferry']],
  ])('finds the script in "%s"', (code, names) => {
    expect(scriptsIn(code)).toEqual(names);
  });

  it.each([
    ['quarantine redrive --dead-letters', []],
    ['shops list|add', []],
    ['quarantine empty', ['quarantine empty']],
    ['export orders --forever', ['--forever']],
    ['redrive', ['carferry redrive']],
    ['shops list|forget', ['shops forget']],
  ])('judges "carferry %s"', (call, wrong) => {
    const [words = []] = callsIn(`npm run -s carferry -- ${call} > out.txt`, 'carferry');

    expect(wrongWords(words, program)).toEqual(wrong);
  });

  it('makes the anchors of GitHub', () => {
    expect(headingsOf('# A run, `worth` it\n```\n# no heading\n```\n## 部署：从零开始')).toEqual([
      [1, 'a-run-worth-it'],
      [2, '部署从零开始'],
    ]);
  });
});
