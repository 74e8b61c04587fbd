/** A scalar member of a row that could not be read as a whole; `undefined` for anything else. */
export function rawText(raw: unknown, member: string): string | undefined {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return undefined;
  const value: unknown = Object.entries(raw).find(([name]) => name === member)?.[1];
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

/** An id of digits in such a row. */
export function rawId(raw: unknown, member: string): string | undefined {
  const text = rawText(raw, member);
  return text !== undefined && /^\d{1,20}$/.test(text) ? text : undefined;
}
