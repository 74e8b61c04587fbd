import { CarferryError } from '../core/errors.ts';

const YUAN = /^(-?)(\d{1,13})(?:\.(\d+))?$/;

/**
 * Yuan as decimal text, e.g. `200.07` or `69.9`, as integer fen. Exact: the text never passes through a
 * float. More than two places are accepted only when they are zeros.
 *
 * @throws CarferryError `park`, `unreadable-amount`; the message holds no value.
 */
export function yuanToFen(text: string): number {
  const parts = YUAN.exec(text.trim());
  const [, sign = '', whole = '', fraction = ''] = parts ?? [];
  if (parts === null || !/^\d{0,2}0*$/.test(fraction)) {
    throw new CarferryError({
      disposition: 'park',
      reason: 'unreadable-amount',
      message: 'expected yuan as a decimal number with at most two places',
    });
  }
  // At most 15 digits, so the number is exact.
  const fen = Number(whole + fraction.slice(0, 2).padEnd(2, '0'));
  return sign === '-' && fen !== 0 ? -fen : fen;
}

/** Integer fen as yuan with two places, e.g. `-0.05`. */
export function fenToYuan(fen: number): string {
  if (!Number.isSafeInteger(fen)) {
    throw new CarferryError({
      disposition: 'park',
      reason: 'unreadable-amount',
      message: 'expected fen as an integer',
    });
  }
  const digits = String(Math.abs(fen)).padStart(3, '0');
  return `${fen < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
