const distance = /^([+-])(\d{1,6}(?:\.\d{1,3})?)(s|m|h|d)$/;
const units = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const moment = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/;

/** `+10m`, `-21d`, `+30s`, or an ISO time with offset. */
export function isTimeText(text: string): boolean {
  return distance.test(text) || (moment.test(text) && !Number.isNaN(Date.parse(text)));
}

/** Epoch ms of a time text; distances count from `base`. */
export function momentOf(text: string, base: number): number {
  const [, sign, amount, unit] = distance.exec(text) ?? [];
  if (amount === undefined) return Date.parse(text);
  const ms = Number(amount) * (unit === 's' || unit === 'm' || unit === 'h' ? units[unit] : units.d);
  return base + (sign === '-' ? -ms : ms);
}
