/*
 * What of a platform's error may stand in a message or a log: names and codes, cut to a plain alphabet.
 * Free text can quote a session key, a nick or a phone, so it is shown only where the platform's own
 * gateway wrote it, and with everything that looks like a value hidden.
 */

const NAMED_ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  apos: "'",
  gt: '>',
  lt: '<',
  nbsp: ' ',
  quot: '"',
};

/** Decodes HTML entities once: `don&apos;t` → `don't`, `&amp;lt;` → `&lt;`. */
export function decodeEntities(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|([a-z]{2,6}));/gi, (whole, hex, decimal, name) => {
    if (name !== undefined) return NAMED_ENTITIES[String(name).toLowerCase()] ?? whole;
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

/** A code as it may be shown, or `undefined` for text that is no code. */
export function plainCode(text: string | undefined): string | undefined {
  if (text === undefined || !/^[\w.:-]{1,80}$/.test(text)) return undefined;
  return text.replace(/\d{8,}/g, '…');
}

/** A field name as it may be shown: `order_id`, `query.order_id`, `trades[3].created`. */
export function plainField(text: string | undefined): string | undefined {
  const name = text?.trim();
  return name !== undefined && /^[a-z_][\w.[\]-]{0,63}$/i.test(name) && !/\d{8,}/.test(name)
    ? name
    : undefined;
}

/** A sentence of the gateway for people: entities decoded once, one line, long words and numbers hidden. */
export function plainSentence(text: string): string {
  return decodeEntities(text)
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/[A-Za-z0-9+/=_-]{25,}|\d{8,}/g, '…')
    .slice(0, 160);
}
