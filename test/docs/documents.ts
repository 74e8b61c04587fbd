import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../infra/local/template.ts';

export const readDocument = (path: string): string => readFileSync(join(projectRoot, path), 'utf8');

/** Every document for people, its path relative to the repository. */
export const DOCUMENTS: readonly string[] = [
  ...['README.md', 'README.zh-CN.md', 'CHANGELOG.md', 'CONTRIBUTING.md'],
  ...['infra/local/simulator/README.md', 'test/faults/README.md'],
  ...['docs', 'docs/adr'].flatMap((folder) =>
    readdirSync(join(projectRoot, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `${folder}/${name}`),
  ),
];

type Line = { readonly text: string; readonly isCode: boolean };

/** The lines of a document without the fences; of a transcript only what was typed. */
function linesOf(markdown: string): Line[] {
  return markdown.split(/^ {0,3}```.*\n/m).flatMap((part, index): Line[] => {
    const lines = part.split('\n');
    if (index % 2 === 0) return lines.map((text) => ({ text, isCode: text.startsWith('    ') }));
    const typed = lines.filter((text) => text.startsWith('$ '));
    return (typed.length > 0 ? typed : lines).map((text) => ({ text, isCode: true }));
  });
}

/** A document without what is set as code. */
export function proseOf(markdown: string): string {
  const lines = linesOf(markdown).filter(({ isCode }) => !isCode);
  return lines.map(({ text }) => text).join('\n');
}

/** What is set as code, one text for each line of a block and each span; `\|` of a table is `|`. */
export function codeOf(markdown: string): string[] {
  const block = linesOf(markdown).filter(({ isCode }) => isCode);
  const spans = [...proseOf(markdown).matchAll(/`([^`]+)`/g)].map(([, span = '']) => span);
  return [
    ...block.map(({ text }) => text.trim()),
    ...spans.map((span) => span.replace(/\s+/g, ' ').replaceAll('\\|', '|')),
  ];
}

/** Names of the npm scripts in a text of code: `npm ci && npm start` runs `start`. */
export function scriptsIn(code: string): string[] {
  return [...code.matchAll(/\bnpm (?:run )?(?:-s )?([a-z][a-z:]*)/g)]
    .map(([, name = '']) => name)
    .filter((name) => name !== 'ci' && name !== 'run');
}

const CALLS = {
  carferry: /^(?:\$ )?carferry (?=[a-z])|\bcarferry -- (?=[a-z])/g,
  deploy: /\bdeploy -- /g,
} as const;

/** The words after `carferry` or `npm run deploy --` in a text of code, without quoted texts and what a shell takes. */
export function callsIn(code: string, name: keyof typeof CALLS): string[][] {
  return [...code.matchAll(CALLS[name])].map(({ index, 0: start }) =>
    code
      .slice(index + start.length)
      .replace(/'[^']*'|"[^"]*"/g, 'TEXT')
      .replace(/\s(?:[<>#;]|&&|\|\s).*$/s, '')
      .replace(/[[\]]/g, '')
      .split(/\s+/),
  );
}

/** Headings of a document as `[level, anchor]`, the anchor as GitHub makes it. */
export function headingsOf(markdown: string): (readonly [number, string])[] {
  return [...proseOf(markdown).matchAll(/^(#+) (.+)$/gm)].map(([, marks = '', text = '']) => [
    marks.length,
    text
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  ]);
}
