import { isRecord, type NodeMap } from './json.ts';
import { coin } from './random.ts';

/** Faults on demand; rates are probabilities per call, drawn from the seed and a counter. */
export type Quirks = {
  ban?: { method?: string; seconds: number; everyCalls?: number };
  serverErrorRate?: number;
  htmlRate?: number;
  truncateRate?: number;
  hangRate?: number;
  /** Seller whose session has expired. */
  expiredSession?: string;
  unknownFieldRate?: number;
  /** Every n-th row (by its id, so that a repeated walk meets the same ones) has an impossible field. */
  brokenRow?: { method: string; field: string; everyRows: number };
  /** Every n-th trade becomes listable only so many seconds after its creation. */
  lateRows?: { everyRows: number; seconds: number };
  /** Item ids the item API does not know. */
  absentItems?: readonly string[];
  delayMs?: number;
};

const rates = ['serverErrorRate', 'htmlRate', 'truncateRate', 'hangRate', 'unknownFieldRate'] as const;

/** Reads a quirk document; answers the first thing wrong with it as text. */
export function readQuirks(document: unknown): Quirks | string {
  if (!isRecord(document)) return 'quirks must be a JSON object';
  const quirks: Quirks = {};
  for (const [name, value] of Object.entries(document)) {
    const wrong = readOne(quirks, name, value);
    if (wrong !== undefined) return wrong;
  }
  return quirks;
}

function readOne(quirks: Quirks, name: string, value: unknown): string | undefined {
  const rate = rates.find((known) => known === name);
  if (rate !== undefined) {
    if (typeof value !== 'number' || value < 0 || value > 1) return `${name} must be a number from 0 to 1`;
    quirks[rate] = value;
    return undefined;
  }
  switch (name) {
    case 'ban': {
      if (!isRecord(value) || !isCount(value['seconds'])) return 'ban needs seconds (a positive number)';
      const { method, seconds, everyCalls } = value;
      if (method !== undefined && typeof method !== 'string') return 'ban.method must be text';
      if (everyCalls !== undefined && !isCount(everyCalls)) return 'ban.everyCalls must be a positive number';
      quirks.ban = { seconds };
      if (typeof method === 'string') quirks.ban.method = method;
      if (isCount(everyCalls)) quirks.ban.everyCalls = everyCalls;
      return undefined;
    }
    case 'expiredSession':
      if (typeof value !== 'string') return 'expiredSession must be a seller nick';
      quirks.expiredSession = value;
      return undefined;
    case 'brokenRow': {
      if (!isRecord(value)) return 'brokenRow needs method, field, everyRows';
      const { method, field, everyRows } = value;
      if (typeof method !== 'string' || typeof field !== 'string' || !isCount(everyRows)) {
        return 'brokenRow needs method, field, everyRows';
      }
      quirks.brokenRow = { method, field, everyRows };
      return undefined;
    }
    case 'lateRows':
      if (!isRecord(value) || !isCount(value['everyRows']) || !isCount(value['seconds'])) {
        return 'lateRows needs everyRows, seconds';
      }
      quirks.lateRows = { everyRows: value['everyRows'], seconds: value['seconds'] };
      return undefined;
    case 'absentItems':
      if (!Array.isArray(value)) return 'absentItems must be a list of ids';
      quirks.absentItems = value.map(String);
      return undefined;
    case 'delayMs':
      if (typeof value !== 'number' || value < 0) return 'delayMs must be a number';
      quirks.delayMs = value;
      return undefined;
    default:
      return `unknown quirk ${name}`;
  }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0;
}

/** The row, its field made impossible when this row is to be broken. */
export function breakRow(quirks: Quirks, method: string, id: string, row: NodeMap): NodeMap {
  const { brokenRow } = quirks;
  if (brokenRow === undefined || brokenRow.method !== method) return row;
  if (!isNth(id, brokenRow.everyRows)) return row;
  return { ...row, [brokenRow.field]: { broken: true } };
}

/** True for about one id in `every`, always the same ones. */
export function isNth(id: string, every: number): boolean {
  return coin(`nth/${id}`) * every < 1;
}
