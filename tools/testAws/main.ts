import { parseArgs } from 'node:util';
import { SkippedError } from './cache.ts';
import { deployAndRemove, lintTemplate } from './deployment.ts';
import { runMainJob, runSuites } from './engines.ts';

/*
 * `npm run test:aws [-- --only PART]`: what npm alone cannot prove. Needs Python with pip, Java and Maven; a part
 * whose tool is missing says so and is skipped. Versions are pinned beside this file; downloads are kept outside of
 * the repository (CARFERRY_CACHE, else the user's cache folder).
 */

const PARTS = {
  lint: ['cfn-lint reads the template, China included', lintTemplate],
  deployment: ['deployed to moto, again, failing half-way, back, removed', deployAndRemove],
  suites: ['stores, queues, consumers on DynamoDB Local and ElasticMQ', runSuites],
  'main-job': ['npm start -- --once on the same, equal to the truth', runMainJob],
} as const satisfies Record<string, readonly [what: string, run: () => Promise<void>]>;

const { values } = parseArgs({
  options: { only: { type: 'string', multiple: true }, help: { type: 'boolean' } },
});
const names = Object.keys(PARTS).filter((name) => values.only === undefined || values.only.includes(name));
const unknown = values.only?.filter((name) => !Object.hasOwn(PARTS, name)) ?? [];
if (values.help === true || unknown.length > 0) {
  if (unknown.length > 0) process.stderr.write(`--only: no part is called ${unknown.join(', ')}\n`);
  const list = Object.entries(PARTS).map(([name, [what]]) => `  ${name.padEnd(12)}${what}\n`);
  process.stdout.write(`npm run test:aws [-- --only PART …]\n${list.join('')}`);
  process.exit(unknown.length > 0 ? 2 : 0);
}

const lines: string[] = [];
let failed = 0;
for (const [name, [what, run]] of Object.entries(PARTS)) {
  if (!names.includes(name)) continue;
  process.stderr.write(`\n${name}: ${what}\n`);
  let word = 'ok';
  try {
    await run();
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    if (!(error instanceof SkippedError)) failed += 1;
    word = `${error instanceof SkippedError ? 'skipped' : 'FAILED'}: ${text}`;
  }
  lines.push(`${name.padEnd(12)}${word}\n`);
}
process.stdout.write(`\n${lines.join('')}`);
process.exitCode = failed === 0 ? 0 : 1;
