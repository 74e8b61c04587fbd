import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** A part that cannot run on this machine, in words. */
export class SkippedError extends Error {
  override readonly name = 'SkippedError';
}

/** Where downloads are kept, outside of the repository. */
const cacheFolder =
  process.env['CARFERRY_CACHE'] ??
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'carferry', 'test-aws');

/** Whether a program is there and starts. */
function hasProgram(name: string, args: readonly string[] = ['--version']): boolean {
  return spawnSync(name, args, { stdio: 'ignore' }).status === 0;
}

/** A folder made from a file that names versions: made once, and anew when the file changes. */
function cached(label: string, source: string, make: (folder: string) => void): string {
  const digest = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 12);
  const folder = join(cacheFolder, `${label}-${digest}`);
  const mark = join(folder, '.complete');
  if (existsSync(mark)) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  make(folder);
  // The mark comes last, so that an interrupted download is not taken for a whole one.
  cpSync(source, `${mark}.new`);
  renameSync(`${mark}.new`, mark);
  return folder;
}

function runOrSkip(what: string, command: string, args: readonly string[]): void {
  process.stderr.write(`${what}\n`);
  const done = spawnSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  if (done.status === 0) return;
  const last = `${done.stderr ?? ''}`.trim().split('\n').at(-1) ?? '';
  throw new SkippedError(`${what}: failed (${last.slice(0, 200)})`);
}

/** Folder of a Python environment that holds the packages of requirements.txt. */
export function pythonFolder(): string {
  if (!hasProgram('python3')) throw new SkippedError('python3 is not installed');
  if (!hasProgram('python3', ['-c', 'import venv, ensurepip']))
    throw new SkippedError('python3 has neither venv nor pip');
  return cached('python', join(import.meta.dirname, 'requirements.txt'), (folder) => {
    runOrSkip('making a Python environment', 'python3', ['-m', 'venv', folder]);
    const list = join(import.meta.dirname, 'requirements.txt');
    runOrSkip('installing cfn-lint and moto', join(folder, 'bin/python'), [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '-r',
      list,
    ]);
  });
}

/** Folder with the jars of `java/<name>/pom.xml` and all they need. */
export function jarFolder(name: 'dynamoDbLocal' | 'elasticMq'): string {
  if (!hasProgram('java', ['-version'])) throw new SkippedError('java is not installed');
  const pom = join(import.meta.dirname, 'java', name, 'pom.xml');
  return cached(name, pom, (folder) => {
    if (!hasProgram('mvn')) throw new SkippedError('mvn (Maven) is not installed');
    runOrSkip(`fetching ${name}`, 'mvn', [
      '--quiet',
      '--batch-mode',
      '--file',
      pom,
      'dependency:copy-dependencies',
      `-DoutputDirectory=${folder}`,
      '-DincludeScope=runtime',
    ]);
  });
}
