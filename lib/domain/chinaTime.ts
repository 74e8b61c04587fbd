import { CarferryError } from '../core/errors.ts';

/** GMT+8 has had no daylight saving since 1991, so the offset is a constant and no zone table is needed. */
const OFFSET_MS = 8 * 3_600_000;

const WALL_CLOCK = /^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,3}))?)?$/;
const ISO = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?(?:Z|[+-]\d{2}:\d{2})$/;
/** Twelve digits begin in 1973: ten digits would be seconds, which TOP does not send. */
const EPOCH_MS = /^\d{12,14}$/;

function unreadable(): CarferryError {
  return new CarferryError({
    disposition: 'park',
    reason: 'unreadable-time',
    message: 'expected yyyy-MM-dd[ HH:mm:ss[.SSS]] or epoch milliseconds',
  });
}

/** `yyyy-MM-ddTHH:mm:ss[.SSS]` of the wall clock in GMT+8; milliseconds only when they are not zero. */
function wallClock(epochMs: number, withMs: boolean): string {
  if (!Number.isFinite(epochMs)) throw unreadable();
  const shifted = new Date(epochMs + OFFSET_MS);
  if (Number.isNaN(shifted.getTime())) throw unreadable();
  const text = shifted.toISOString();
  if (text.length !== 24) throw unreadable();
  return withMs ? text.slice(0, 23) : text.slice(0, 19);
}

/**
 * TOP's time (wall clock of GMT+8 without offset, or epoch milliseconds as text) as ISO 8601 with `+08:00`;
 * milliseconds are written only when the source has them and they are not zero for epoch milliseconds.
 *
 * @throws CarferryError `park`, `unreadable-time`; the message holds no value.
 */
export function fromChinaWallClock(text: string): string {
  const trimmed = text.trim();
  if (EPOCH_MS.test(trimmed)) return toIso(Number(trimmed));
  const parts = WALL_CLOCK.exec(trimmed);
  if (parts === null) throw unreadable();
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction] = parts;
  const local = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  // A date that does not exist (02-30, hour 24) is either refused by the engine or rolls over to another.
  const utc = new Date(`${local}Z`);
  if (Number.isNaN(utc.getTime()) || utc.toISOString().slice(0, 19) !== local) throw unreadable();
  return fraction === undefined ? `${local}+08:00` : `${local}.${fraction.padEnd(3, '0')}+08:00`;
}

/** `yyyy-MM-dd HH:mm:ss` of GMT+8, or with `.SSS`: the form that TOP's requests want. */
export function toChinaWallClock(epochMs: number, options: { readonly ms?: boolean } = {}): string {
  return wallClock(epochMs, options.ms === true).replace('T', ' ');
}

/** ISO 8601 with `+08:00`; milliseconds only when they are not zero. */
export function toIso(epochMs: number): string {
  return `${wallClock(epochMs, epochMs % 1000 !== 0)}+08:00`;
}

/** Epoch milliseconds of an ISO 8601 time with any offset. */
export function toEpochMs(iso: string): number {
  const epochMs = ISO.test(iso) ? Date.parse(iso) : Number.NaN;
  if (Number.isNaN(epochMs)) throw unreadable();
  return epochMs;
}

/** The day in GMT+8, `yyyy-MM-dd`, of an ISO time or epoch milliseconds. */
export function chinaDate(isoOrMs: string | number): string {
  return wallClock(typeof isoOrMs === 'number' ? isoOrMs : toEpochMs(isoOrMs), false).slice(0, 10);
}
