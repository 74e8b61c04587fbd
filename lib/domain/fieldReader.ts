import { CarferryError } from '../core/errors.ts';
import { fromChinaWallClock } from './chinaTime.ts';
import { yuanToFen } from './money.ts';

type Text = string | undefined;

/** Reads documented fields of one object; `field` is the upstream name. Absent and empty text are absent. */
export type FieldReader = {
  /** Yuan text → fen. */
  fen(field: string, text: Text): number | undefined;
  /** Wall clock of GMT+8 or epoch milliseconds → ISO time. */
  at(field: string, text: Text): string | undefined;
  /** A decimal count. */
  count(field: string, text: Text): number | undefined;
  /** `true`/`false`, `1`/`0`. */
  flag(field: string, text: Text): boolean | undefined;
};

function toCount(text: string): number {
  if (!/^-?\d{1,15}(\.\d{1,6})?$/.test(text)) throw unreadable('a number');
  return Number(text);
}

function toFlag(text: string): boolean {
  if (/^(true|1)$/i.test(text)) return true;
  if (/^(false|0)$/i.test(text)) return false;
  throw unreadable('true or false');
}

function unreadable(expected: string, field?: string): CarferryError {
  return new CarferryError({
    disposition: 'park',
    reason: 'unreadable-field',
    message: field === undefined ? `expected ${expected}` : `${field}: expected ${expected}`,
    field,
  });
}

function readerWith(onFailure: (field: string, text: string, failure: unknown) => void): FieldReader {
  const read =
    <Value>(parse: (text: string) => Value) =>
    (field: string, text: Text): Value | undefined => {
      const trimmed = text?.trim();
      if (trimmed === undefined || trimmed === '') return undefined;
      try {
        return parse(trimmed);
      } catch (failure) {
        onFailure(field, trimmed, failure);
        return undefined;
      }
    };
  return { fen: read(yuanToFen), at: read(fromChinaWallClock), count: read(toCount), flag: read(toFlag) };
}

/** A reader whose failure is a CarferryError `park` that names the field; `place` precedes it. */
export function strictReader(place = ''): FieldReader {
  return readerWith((field, _text, failure) => {
    const message = failure instanceof Error ? failure.message : 'unreadable';
    throw unreadable(message.replace(/^expected /, ''), place + field);
  });
}

/** A reader that keeps what it cannot read, by upstream name and as received, in `unread()`. */
export function lenientReader(): FieldReader & {
  keep(field: string, text: string): void;
  unread(): Record<string, string> | undefined;
} {
  const kept: Record<string, string> = {};
  return {
    ...readerWith((field, text) => {
      kept[field] = text;
    }),
    keep: (field, text) => {
      kept[field] = text;
    },
    unread: () => (Object.keys(kept).length === 0 ? undefined : kept),
  };
}

/** Text as received; empty text says nothing and is absent. */
export function textOf(text: Text): Text {
  return text === undefined || text.trim() === '' ? undefined : text;
}

/** @throws CarferryError `park`, `missing-field`, naming the field. */
export function required<Value>(field: string, value: Value | undefined): Value {
  if (value !== undefined && value !== '') return value;
  throw new CarferryError({
    disposition: 'park',
    reason: 'missing-field',
    message: `${field} is missing`,
    field,
  });
}
