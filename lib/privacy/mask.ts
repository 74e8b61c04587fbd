import type { PersonalKind } from '../domain/personal.ts';

/** The platform's own cipher text: between `$` (phones) or `~` (everything else). */
const CIPHER_TEXT = /^\s*([$~]).*\1\s*$/s;

/** Code points, so that half a character is never shown. */
function characters(value: string): string[] {
  return Array.from(value.trim());
}

/** At most `wanted` leading characters, and never more than half of a short value. */
function head(value: string, wanted: number): string {
  const all = characters(value);
  const shown = all.length >= wanted + 2 ? wanted : Math.floor(all.length / 2);
  return all.slice(0, shown).join('');
}

function maskPhone(value: string): string {
  const digits = value.normalize('NFKC').replace(/[^\d*]/g, '');
  const mobile = digits.length > 11 ? digits.slice(-11) : digits;
  if (mobile.length === 11) return `${mobile.slice(0, 3)}****${mobile.slice(-4)}`;
  return mobile.length >= 7 ? `****${mobile.slice(-2)}` : '****';
}

function maskIdentity(value: string): string {
  const number = value.trim();
  if (/^[\d*]{17}[\dXx*]$/.test(number)) return `${number.slice(0, 4)}${'*'.repeat(10)}${number.slice(-4)}`;
  if (/^[\d*]{15}$/.test(number)) return `${number.slice(0, 4)}${'*'.repeat(9)}${number.slice(-2)}`;
  return '****';
}

/** What a person may see of a value without the key, e.g. `张*`, `139****0001`; never the whole value. */
export function maskOf(kind: PersonalKind, value: string): string {
  if (CIPHER_TEXT.test(value)) return '(encrypted)';
  switch (kind) {
    case 'name':
      return `${head(value, 1)}*`;
    case 'nick':
      return `${head(value, 1)}***`;
    case 'phone':
      return maskPhone(value);
    case 'identity':
      return maskIdentity(value);
    case 'address':
      return `${head(value, 6)}***`;
    case 'text':
      return '***';
  }
}
