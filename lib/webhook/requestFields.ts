/** Deepest nesting of arrays, objects and elements in a body. */
export const MAX_DEPTH = 32;

/** The business fields of a verified body, or why they cannot be read; the message holds no value. */
export type RequestFields =
  | { readonly ok: true; readonly fields: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly code: 'unreadable-body'; readonly message: string };

export function unreadable(message: string): RequestFields {
  return { ok: false, code: 'unreadable-body', message };
}

const POISONED: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** A name that only an attack on JavaScript readers would use. */
export function isPoisoned(name: string): boolean {
  return POISONED.has(name);
}
