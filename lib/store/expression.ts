import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { type Item, toAttribute } from './items.ts';

/**
 * Collects the names and values of one command, so that no attribute name meets DynamoDB's reserved words
 * and no value stands in an expression. `name` and `value` answer the placeholder.
 */
export type Placeholders = {
  name(attribute: string): string;
  value(value: unknown): string;
  /** The parts of the command; left out when empty, as DynamoDB wants it. */
  parts(): {
    ExpressionAttributeNames?: Record<string, string>;
    ExpressionAttributeValues?: Record<string, AttributeValue>;
  };
};

export function createPlaceholders(): Placeholders {
  const names: Record<string, string> = {};
  const values: Item = {};
  let count = 0;
  return {
    name(attribute) {
      names[`#${attribute}`] = attribute;
      return `#${attribute}`;
    },
    value(value) {
      const placeholder = `:v${count++}`;
      values[placeholder] = toAttribute(value);
      return placeholder;
    },
    parts: () => ({
      ...(Object.keys(names).length > 0 && { ExpressionAttributeNames: names }),
      ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
    }),
  };
}

/** The four clauses of an UpdateItem, by attribute. */
export type Changes = {
  /** Replaced whole; an undefined value removes the attribute. */
  readonly set?: Readonly<Record<string, unknown>>;
  /** Set only where the attribute is absent. */
  readonly setOnce?: Readonly<Record<string, unknown>>;
  /** Numbers are added; the members of a `Set` are joined. */
  readonly add?: Readonly<Record<string, number | ReadonlySet<string>>>;
  /** Members taken out of a string set; the set vanishes with its last member. */
  readonly take?: Readonly<Record<string, ReadonlySet<string>>>;
};

/** Writes the update expression of `changes`; empty clauses are left out. */
export function updateExpression(changes: Changes, placeholders: Placeholders): string {
  const { name, value } = placeholders;
  const set: string[] = [];
  const remove: string[] = [];
  for (const [attribute, wanted] of Object.entries(changes.set ?? {})) {
    if (wanted === undefined) remove.push(name(attribute));
    else set.push(`${name(attribute)} = ${value(wanted)}`);
  }
  for (const [attribute, wanted] of Object.entries(changes.setOnce ?? {})) {
    if (wanted !== undefined) {
      set.push(`${name(attribute)} = if_not_exists(${name(attribute)}, ${value(wanted)})`);
    }
  }
  const add = entries(changes.add).map(([attribute, wanted]) => `${name(attribute)} ${value(wanted)}`);
  const take = entries(changes.take).map(([attribute, wanted]) => `${name(attribute)} ${value(wanted)}`);
  const clauses: readonly (readonly [string, readonly string[]])[] = [
    ['SET', set],
    ['REMOVE', remove],
    ['ADD', add],
    ['DELETE', take],
  ];
  return clauses
    .filter(([, parts]) => parts.length > 0)
    .map(([word, parts]) => `${word} ${parts.join(', ')}`)
    .join(' ');
}

/** Members without empty sets, which DynamoDB refuses. */
function entries<T extends number | ReadonlySet<string>>(record: Readonly<Record<string, T>> | undefined) {
  return Object.entries(record ?? {}).filter(([, wanted]) => typeof wanted === 'number' || wanted.size > 0);
}
