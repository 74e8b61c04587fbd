import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { CarferryError } from '../../lib/core/errors.ts';
import { normalisePhone } from '../../lib/privacy/blindIndex.ts';

type Input = NodeJS.ReadableStream & { readonly isTTY?: boolean };

/**
 * The phone number, asked for without showing it on a terminal, else the first line of `input`. Never an argument:
 * those are shown to every user of the machine by `ps` and stay in the shell's history.
 *
 * @throws CarferryError `configuration` when it is no phone number; the number is not part of it
 */
export async function askPhone(input: Input = process.stdin): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  if (input.isTTY === true) process.stderr.write('phone number (not shown): ');
  const lines = createInterface({ input, output: silent, terminal: input.isTTY === true });
  try {
    for await (const line of lines) {
      if (normalisePhone(line.trim()) !== undefined) return line.trim();
      break;
    }
  } finally {
    lines.close();
    if (input.isTTY === true) process.stderr.write('\n');
  }
  throw new CarferryError({
    disposition: 'halt',
    scope: 'app',
    reason: 'configuration',
    message: 'no phone number was given on standard input',
    field: '--phone',
    hint: 'type it when asked, or: carferry erase --phone < file',
  });
}
