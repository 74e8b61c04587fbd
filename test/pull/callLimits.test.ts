import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { callPriority } from '../../lib/pull/callPriority.ts';
import { LANE_NAMES } from '../../lib/pull/lanes.ts';

const LIB = join(import.meta.dirname, '../../lib');
/** Hands on what it is given. */
const PASSING_ON = 'pull/appGate.ts';

type CallSite = { readonly file: string; readonly source: string; readonly options: string };

/** The last argument of every `top.call(…)` below a folder. */
function callSites(folder: string): CallSite[] {
  const files = readdirSync(join(LIB, folder), { recursive: true, encoding: 'utf8' });
  return files
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => {
      const source = readFileSync(join(LIB, folder, name), 'utf8');
      return [...source.matchAll(/\btop\.call\(/g)].map(({ index, 0: head }) => ({
        file: `${folder}/${name}`,
        source,
        options: argumentsAt(source, index + head.length)[2] ?? 'none',
      }));
    });
}

/** Top-level arguments of the call whose parenthesis has just been opened. */
function argumentsAt(source: string, start: number): string[] {
  const found = [''];
  let depth = 0;
  for (const mark of source.slice(start)) {
    if ('([{'.includes(mark)) depth += 1;
    if (')]}'.includes(mark)) depth -= 1;
    if (depth < 0) break;
    if (mark === ',' && depth === 0) found.push('');
    else found[found.length - 1] += mark;
  }
  return found.map((text) => text.trim()).filter((text) => text !== '');
}

/** A run's limits are a signal and a deadline; an object carries both, whole or one by one. */
function carriesLimits({ source, options }: CallSite): boolean {
  const named = new RegExp(`const ${options} = (\\{[^}]*\\})`).exec(source)?.[1];
  const text = named ?? options;
  return (
    text === 'limits' || /\.\.\.limits\b/.test(text) || (/\bsignal\b/.test(text) && /\bdeadline\b/.test(text))
  );
}

describe('calls of TOP', () => {
  it('carry the deadline and the signal of the invocation, in every pull and every step', () => {
    const sites = [...callSites('pull'), ...callSites('enrich')].filter(({ file }) => file !== PASSING_ON);

    expect(sites.length).toBeGreaterThanOrEqual(7);
    expect(sites.filter((site) => !carriesLimits(site)).map(({ file }) => file)).toEqual([]);
  });

  it('go before others by their lane', () => {
    expect(Object.fromEntries(LANE_NAMES.map((lane) => [lane, callPriority(lane)]))).toEqual({
      live: 'live',
      day: 'sweep',
      fortnight: 'sweep',
      quarter: 'sweep',
      reconcile: 'sweep',
      backfill: 'backfill',
    });
  });
});
