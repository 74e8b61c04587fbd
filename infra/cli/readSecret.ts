import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { configurationError } from '../../lib/core/errors.ts';

/** No spaces, nothing but ASCII, of a length that tokens and secrets have. */
const PLAIN = /^[\x21-\x7e]{6,1024}$/;

/**
 * A secret from a pipe, or typed without echo; never from the arguments, which every process of the machine can read.
 * @param what names it in the prompt and in refusals, e.g. `session`
 * @throws CarferryError `configuration` for nothing, or for what cannot be one; never shows it
 */
export async function readSecret(what: string, input: NodeJS.ReadStream = process.stdin): Promise<string> {
  const given = (input.isTTY ? await ask(`${what} (not shown): `, input) : await text(input)).trim();
  if (given === '') {
    throw configurationError(what, `no ${what} was given`, `type it at the prompt, or pipe it in: … < file`);
  }
  if (PLAIN.test(given)) return given;
  throw configurationError(what, `this is no ${what}: one line of 6 to 1024 characters without spaces`);
}

async function ask(prompt: string, input: NodeJS.ReadStream): Promise<string> {
  process.stderr.write(prompt);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: silent, terminal: true });
  try {
    lines.once('SIGINT', () => process.exit(130));
    return await lines.question('');
  } finally {
    lines.close();
    process.stderr.write('\n');
  }
}
