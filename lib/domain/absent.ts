type Present<T> = { [K in keyof T]: T[K] };

/** A copy without the members that are `undefined`, so that equal records have equal JSON and keys. */
export function withoutAbsent<T extends object>(record: T): Present<T> {
  const copy = { ...record };
  for (const key in copy) {
    if (copy[key] === undefined) delete copy[key];
  }
  return copy;
}
