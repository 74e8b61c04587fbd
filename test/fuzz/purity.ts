const ROOTS: readonly object[] = [
  Object.prototype,
  Array.prototype,
  Function.prototype,
  String.prototype,
  Number.prototype,
  Map.prototype,
];
const namesOf = () => ROOTS.map((root) => Reflect.ownKeys(root).length);
const before = namesOf();

/** Throws when an input has left something on a shared prototype. */
export function assertUnpolluted(): void {
  const after = namesOf();
  if (after.some((count, root) => count !== before[root])) throw new Error('a prototype is polluted');
  if (Reflect.get({}, 'polluted') !== undefined) throw new Error('every object is polluted');
}

/** Throws unless every object of the value is plain: an exchanged prototype is pollution of one object. */
export function assertPlain(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  const prototype = Reflect.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== Array.prototype && prototype !== null) {
    throw new Error('an object with another prototype');
  }
  for (const member of Object.values(value)) assertPlain(member);
}

/** How many characters a value holds; an expansion shows as more than its source had. */
export function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.entries(value).reduce((sum, [name, member]) => sum + name.length + sizeOf(member), 0);
}
