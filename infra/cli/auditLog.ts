import { appendFileSync, mkdirSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { toIso } from '../../lib/domain/chinaTime.ts';

/** Who saw or erased personal data, when and why stands in this file, one JSON object a line. */
const UNSEAL_LOG = 'unseal.log';

type Place = { readonly data: string; readonly stage?: string };

/** The log of a data folder, or of a stage: in a folder of its own beside it. */
export function logOf({ data, stage }: Place): string {
  if (stage === undefined) return join(data, UNSEAL_LOG);
  const folder = `.carferry-${stage}`;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return join(folder, UNSEAL_LOG);
}

/** Notes what was done; nothing of the person but order and lead ids may stand in `facts`. */
export function noteInLog(place: Place, event: string, facts: object): void {
  const line = { at: toIso(Date.now()), event, who: whoAmI(), ...facts };
  appendFileSync(logOf(place), `${JSON.stringify(line)}\n`, { mode: 0o600 });
}

function whoAmI(): string {
  const { username, uid } = userInfo();
  const behind = process.env['SUDO_USER'];
  return `${behind === undefined ? '' : `${behind} as `}${username} (${uid})@${hostname()}`;
}
