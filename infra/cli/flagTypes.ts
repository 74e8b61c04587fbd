import { InvalidArgumentError } from 'commander';
import { configurationError } from '../../lib/core/errors.ts';

const ISO = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** A point in time with offset, as epoch ms. */
export function moment(text: string): number {
  const value = Date.parse(text);
  if (!ISO.test(text) || Number.isNaN(value)) {
    throw new InvalidArgumentError('an ISO 8601 time with offset, e.g. 2026-11-01T00:00:00+08:00.');
  }
  return value;
}

/** A Beijing day, `yyyy-MM-dd`. */
export function day(text: string): string {
  const midnight = Date.parse(`${text}T00:00:00Z`);
  // `Date.parse` takes 31 February for 3 March.
  if (!DAY.test(text) || Number.isNaN(midnight) || !new Date(midnight).toISOString().startsWith(text)) {
    throw new InvalidArgumentError('a day in China, e.g. 2026-11-01.');
  }
  return text;
}

/**
 * An order id. The refusal does not repeat what was given, which commander would: it may be a phone number, typed here
 * by mistake.
 * @throws CarferryError `configuration` naming `flag`
 */
export function orderDigits(flag: string): (text: string) => string {
  return (text) => {
    if (/^\d{1,32}$/.test(text)) return text;
    throw configurationError(flag, `${flag}: an order id is digits only`, 'e.g. 4277659395456225432');
  };
}

/** A whole number within bounds. */
export function whole(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most) {
      throw new InvalidArgumentError(`a whole number from ${least} to ${most}.`);
    }
    return value;
  };
}
