import { configurationError } from '../../lib/core/errors.ts';

/** @throws CarferryError `configuration` when no configured shop has this name */
export function shopOf(shops: readonly string[], shop: string): string {
  if (shops.includes(shop)) return shop;
  throw configurationError(
    '--shop',
    `--shop: no configured shop is called ${shop}`,
    `one of ${shops.join(', ')}`,
  );
}
