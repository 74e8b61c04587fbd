const OFFSET_MS = 8 * 3_600_000;

/** `yyyy-MM-dd HH:mm:ss` of GMT+8, whatever the zone of the host. */
export function wallClock(epochMs: number): string {
  return new Date(epochMs + OFFSET_MS).toISOString().slice(0, 19).replace('T', ' ');
}

/** `yyyy-MM-dd` of GMT+8. */
export function wallDate(epochMs: number): string {
  return wallClock(epochMs).slice(0, 10);
}

const seconds = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/;
const milliseconds = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}\.\d{3}$/;

/** Epoch milliseconds of exactly `yyyy-MM-dd HH:mm:ss` in GMT+8; undefined for anything else. */
export function readSeconds(text: string): number | undefined {
  return seconds.test(text) ? read(text, `${text}.000`) : undefined;
}

/** Epoch milliseconds of exactly `yyyy-MM-dd HH:mm:ss.SSS` in GMT+8; undefined for anything else. */
export function readMilliseconds(text: string): number | undefined {
  return milliseconds.test(text) ? read(text, text) : undefined;
}

function read(text: string, withMs: string): number | undefined {
  const epochMs = Date.parse(`${withMs.replace(' ', 'T')}+08:00`);
  // Date.parse rolls 02-30 over to March; the real gateway knows the calendar.
  return Number.isNaN(epochMs) || wallClock(epochMs) !== text.slice(0, 19) ? undefined : epochMs;
}
