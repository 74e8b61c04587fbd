import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';

/*
 * Programs under a real pseudo-terminal, made by what the machine has: `script` of util-linux, else Python's `pty`.
 */

type Maker = (command: string) => readonly [program: string, ...args: string[]];

const byScript: Maker = (command) => ['script', '-q', '-e', '-c', command, '/dev/null'];
const PYTHON =
  'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(["/bin/sh", "-c", sys.argv[1]])))';
const byPython: Maker = (command) => ['python3', '-c', PYTHON, command];

function findMaker(): Maker | undefined {
  for (const maker of [byScript, byPython]) {
    const [program, ...args] = maker('test -t 2 && exit 7');
    if (spawnSync(program, args, { stdio: ['pipe', 'ignore', 'ignore'], timeout: 10_000 }).status === 7) {
      return maker;
    }
  }
  return undefined;
}

const maker = process.platform === 'win32' ? undefined : findMaker();

/** Why no test of this kind can run here; undefined where they can. */
export const noPseudoTerminal =
  maker === undefined ? 'neither script (util-linux) nor python3 makes a pseudo-terminal here' : undefined;

export type OnTerminal = {
  /** Everything written so far, escape codes included. */
  raw(): string;
  /** Waits until what was written, escape codes aside, holds all of these. */
  shows(parts: readonly string[], mostMs?: number): Promise<void>;
  /** As from the keyboard; `\u0003` is Ctrl-C. */
  type(keys: string): void;
  readonly ended: Promise<number | null>;
  kill(): void;
};

/** Runs a shell command on a terminal of the given size, in an environment that holds nothing of ours. */
export function onTerminal(
  command: string,
  options: {
    readonly columns: number;
    readonly rows: number;
    readonly cwd: string;
    readonly env?: Readonly<Record<string, string>>;
  },
): OnTerminal {
  if (maker === undefined) throw new Error(noPseudoTerminal);
  const { columns, rows, cwd, env = {} } = options;
  const [program, ...args] = maker(`stty cols ${columns} rows ${rows}; ${command}`);
  const child: ChildProcessWithoutNullStreams = spawn(program, args, {
    cwd,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], TERM: 'xterm', SHELL: '/bin/sh', ...env },
  });
  let written = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    written += text;
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code));
  });
  const text = () => stripVTControlCharacters(written);
  return {
    raw: () => written,
    ended,
    type: (keys) => void child.stdin.write(keys),
    kill: () => void child.kill('SIGTERM'),
    shows: async (parts, mostMs = 90_000) => {
      const until = performance.now() + mostMs;
      let isOver = false;
      void ended.finally(() => {
        isOver = true;
      });
      for (;;) {
        const missing = parts.filter((part) => !text().includes(part));
        if (missing.length === 0) return;
        if (isOver || performance.now() > until) {
          throw new Error(`the terminal never showed ${missing.join(', ')}; its end: ${text().slice(-2000)}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
  };
}
