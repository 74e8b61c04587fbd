import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run, temporaryFolder } from '../../flow/carferryProcess.ts';
import { noPseudoTerminal, onTerminal } from '../local/terminal/pseudoTerminal.ts';

/* What the real command tells on stderr while a slow reader takes its documents from stdout. */

const root = join(import.meta.dirname, '../../..');
const program = ['infra/cli/main.ts', 'export', 'orders', '--data'];
let folder: ReturnType<typeof temporaryFolder>;

beforeAll(async () => {
  folder = temporaryFolder();
  // More documents than fit into a pipe, so that a reader who waits holds the export up.
  const { code, stderr } = await run(['--once', '--data', folder.path], {
    CARFERRY_SIM_TRADES: '150',
    CARFERRY_SIM_SHOPS: '2',
  });
  if (code !== 0) throw new Error(stderr);
}, 170_000);
afterAll(() => folder.remove());

describe('carferry export', () => {
  it('tells a pipe in plain lines how far it is, and at the end how much it was', async () => {
    const child = spawn(process.execPath, [...program, folder.path], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    let [said, documents] = ['', 0];
    const firstLine = new Promise<void>((resolve) => {
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (said.includes(' of ')) resolve();
      });
    });

    await Promise.race([firstLine, ended]);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      documents += text.split('\n').length - 1;
    });
    const code = await ended;

    const lines = said.trimEnd().split('\n');
    expect([code, documents > 100], said).toEqual([0, true]);
    expect(said).not.toContain('\u001b');
    expect(said).not.toContain('\r');
    expect(
      lines.some((line) => /^orders {2}[█░ ]+ \d+ % {2}\d+ of \d+, about .+ left$/.test(line)),
      said,
    ).toBe(true);
    expect(lines.at(-1)).toMatch(new RegExp(`^${documents} orders in `));
  });

  it('draws one line over itself on a terminal, while the documents go elsewhere', async (context) => {
    context.skip(noPseudoTerminal !== undefined, noPseudoTerminal);
    const wanted = join(folder.path, '..', 'wanted');
    const reader = `(while [ ! -e '${wanted}' ]; do sleep 0.1; done; wc -l)`;
    const command = `"${process.execPath}" ${program.join(' ')} '${folder.path}' | ${reader}`;
    const terminal = onTerminal(command, { columns: 100, rows: 24, cwd: root });

    await terminal.shows([' of ', ' %  ', ', about ']);
    writeFileSync(wanted, '');
    const code = await terminal.ended;

    const text = stripVTControlCharacters(terminal.raw());
    expect([code, terminal.raw().includes('\u001b[')], text).toEqual([0, true]);
    expect(text).toMatch(/orders {2}[█░ ]+ \d+ % {2}\d+ of \d+, about .+ left/);
    expect(text).toMatch(/\b\d{3} orders in \d+ s/);
    expect(terminal.raw().lastIndexOf('\u001b[?25h')).toBeGreaterThanOrEqual(
      terminal.raw().lastIndexOf('\u001b[?25l'),
    );
  });
});
