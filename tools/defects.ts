import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DEFECTS, type Defect, type Edit } from '../test/faults/defects.ts';

/*
 * `npm run defects [-- --only PART] [--jobs N]`: makes each deliberate bug of test/faults/defects.ts in a copy of the
 * sources and runs the test that must see it. Ends with `defects N · caught N`, exit code 1 when one was not caught.
 */

const root = join(import.meta.dirname, '..');
const COPIED = ['lib', 'functions', 'infra', 'test', 'tools', 'docs', 'package.json', 'tsconfig.json'];
const ALSO = ['vitest.config.ts', 'serverless.yml', 'README.md', 'README.zh-CN.md', 'CHANGELOG.md'];
/** A test that fails for one of these has not seen the bug. */
const WRONG_REASON = /timed out|SyntaxError|Transform failed|Failed to (load|resolve)|Cannot find module/i;
const LONGEST_RUN_MS = 300_000;

type Result = { readonly name: string; readonly state: 'passed' | 'failed'; readonly messages: string };

/** The sources alone; what is installed is shared. */
function copySources(): string {
  const folder = mkdtempSync(join(tmpdir(), 'carferry-defects-'));
  for (const name of [...COPIED, ...ALSO]) cpSync(join(root, name), join(folder, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

/** Runs the named test of a defect; answers its cases, or why there are none. */
async function runTest(folder: string, { test }: Defect): Promise<readonly Result[] | string> {
  const output = join(folder, 'result.json');
  rmSync(output, { force: true });
  const pattern = test.name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const vitest = join(folder, 'node_modules', 'vitest', 'vitest.mjs');
  const asked = ['run', test.file, '-t', pattern, '--reporter=json', `--outputFile=${output}`];
  const log = await new Promise<string>((resolve) => {
    const options = { cwd: folder, timeout: LONGEST_RUN_MS, maxBuffer: 1 << 28 };
    execFile(process.execPath, [vitest, ...asked], options, (_, out, err) => resolve(out + err));
  });
  try {
    const { testResults } = JSON.parse(readFileSync(output, 'utf8'));
    return testResults
      .flatMap((file: { assertionResults: unknown[] }) => file.assertionResults)
      .map(({ fullName, status, failureMessages }: Record<string, unknown>) => ({
        name: String(fullName),
        state: status,
        messages: String(failureMessages),
      }))
      .filter(({ name, state }: Result) => name.includes(test.name) && /passed|failed/.test(state));
  } catch {
    return `no result: ${log.trim().split('\n').at(-1) ?? ''}`;
  }
}

function edit(folder: string, { file, before, after }: Edit): void {
  const text = readFileSync(join(folder, file), 'utf8');
  const parts = text.split(before);
  if (parts.length !== 2) throw new Error(`${file}: the text stands there ${parts.length - 1} times`);
  writeFileSync(join(folder, file), parts.join(after));
}

function restore(folder: string, { file }: Edit): void {
  cpSync(join(root, file), join(folder, file));
}

/** How the bug fared: caught, or why not. */
async function tryDefect(folder: string, defect: Defect): Promise<string> {
  const edits = [defect, ...(defect.also ?? [])];
  const before = await runTest(folder, defect);
  if (typeof before === 'string') return before;
  if (before.length === 0) return 'no test of this name';
  if (before.some(({ state }) => state === 'failed')) return 'the test fails without the bug';
  try {
    for (const one of edits) edit(folder, one);
    const results = await runTest(folder, defect);
    if (typeof results === 'string') return results;
    const failed = results.filter(({ state }) => state === 'failed');
    if (failed.length === 0) return 'NOT SEEN: the test passes';
    const isSeen = failed.some(({ messages }) => !WRONG_REASON.test(messages));
    return isSeen ? 'caught' : 'the test fails for another reason';
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  } finally {
    for (const one of edits) restore(folder, one);
  }
}

const { values } = parseArgs({
  options: { only: { type: 'string' }, jobs: { type: 'string', default: '2' } },
});
const chosen = DEFECTS.filter(({ name }) => name.includes(values.only ?? ''));
const queue = [...chosen];
const fates = new Map<string, string>();
const begun = performance.now();

async function work(): Promise<void> {
  const folder = copySources();
  try {
    for (let defect = queue.shift(); defect !== undefined; defect = queue.shift()) {
      const fate = await tryDefect(folder, defect);
      fates.set(defect.name, fate);
      const left = ((performance.now() - begun) / fates.size) * (chosen.length - fates.size);
      process.stderr.write(
        `${fates.size}/${chosen.length}  about ${Math.ceil(left / 1000)} s left  ${defect.name}: ${fate}\n`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await Promise.all(Array.from({ length: Math.max(1, Number(values.jobs)) }, work));
const width = Math.max(0, ...chosen.map(({ name }) => name.length));
for (const { name, test } of chosen) {
  const fate = fates.get(name) ?? '';
  console.log(
    `${fate === 'caught' ? '✓' : '✗'} ${name.padEnd(width)}  ${fate}  (${test.file}: ${test.name})`,
  );
}
const caught = [...fates.values()].filter((fate) => fate === 'caught').length;
console.log(`defects ${chosen.length} · caught ${caught}`);
process.exitCode = caught === chosen.length && caught > 0 ? 0 : 1;
