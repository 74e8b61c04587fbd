import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { toIso } from '../../lib/domain/chinaTime.ts';
import type { Reveal } from '../../lib/domain/exportForm.ts';

/** Who saw personal data, when and why stands in this file of the data folder, one JSON object a line. */
export const UNSEAL_LOG = 'unseal.log';

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
  folder: string,
  { command, reason }: { command: string; reason: string },
  say: (line: string) => void,
): Unsealing {
  const id = randomUUID();
  const file = join(folder, UNSEAL_LOG);
  const note = (event: string, more: object): void => {
    const line = { at: toIso(Date.now()), id, event, who: whoAmI(), command, reason, ...more };
    appendFileSync(file, `${JSON.stringify(line)}\n`, { mode: 0o600 });
  };
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

function whoAmI(): string {
  const { username, uid } = userInfo();
  const behind = process.env['SUDO_USER'];
  return `${behind === undefined ? '' : `${behind} as `}${username} (${uid})@${hostname()}`;
}
