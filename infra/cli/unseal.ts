import { randomUUID } from 'node:crypto';
import { InvalidArgumentError } from 'commander';
import type { Reveal } from '../../lib/domain/exportForm.ts';
import { logOf, noteInLog } from './auditLog.ts';

/** `--unseal REASON`; the reason is what an auditor will read. */
export function unsealReason(text: string): string {
  const reason = text.trim();
  if (reason === '' || reason.startsWith('-')) {
    throw new InvalidArgumentError(
      'say why personal data is to be shown: --unseal "the reason"; it is logged.',
    );
  }
  return reason;
}

export type Unsealing = {
  /** Counts what `reveal` shows. */
  counted(reveal: Reveal): Reveal;
  /** Notes how much was shown. */
  end(): void;
};

/**
 * Notes an unsealing before the first value is shown and again, with the count, at its end: a run that dies in
 * between has left its trace.
 */
export function beginUnsealing(
  place: { readonly data: string; readonly stage?: string },
  { command, reason }: { command: string; reason: string },
  say: (line: string) => void,
): Unsealing {
  const id = randomUUID();
  const file = logOf(place);
  const note = (event: string, more: object): void =>
    noteInLog(place, event, { id, command, reason, ...more });
  note('begin', {});
  say(`unsealing personal data, noted in ${file}: ${JSON.stringify(reason)}`);
  let count = 0;
  return {
    counted: (reveal) => (sealed) => {
      count += 1;
      return reveal(sealed);
    },
    end: () => {
      note('end', { count });
      say(`${count} personal values shown`);
    },
  };
}
