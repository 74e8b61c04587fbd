import { invalidArgument, invalidParameter, missingArgument } from '../gatewayFailure.ts';
import { isRecord, readJson } from '../json.ts';
import type { Call } from '../method.ts';

export type ObjectParam = { [name: string]: unknown };

/** A parameter whose value is the JSON text of an object; integers in it are bigint. */
export function objectParam(call: Call, name: string): ObjectParam {
  const text = call.params.get(name);
  if (!text) throw missingArgument(name);
  let parsed: unknown;
  try {
    parsed = readJson(text);
  } catch {
    throw invalidArgument(name);
  }
  if (!isRecord(parsed)) throw invalidArgument(name);
  return parsed;
}

/** A 64-bit id: digits, quoted or (as documented) not; undefined when absent. */
export function idMember(object: ObjectParam, name: string): bigint | undefined {
  const value = object[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'bigint') return value;
  if (typeof value === 'string' && /^\d{1,19}$/.test(value)) return BigInt(value);
  throw invalidParameter(name);
}
