/**
 * The seller a webhook call is for: query parameter `shop` of the registered URL, which is signed with the
 * rest; without it the only configured shop. `undefined` when that leaves a doubt.
 */
export function shopOfCall(
  params: ReadonlyMap<string, string>,
  shops: readonly { readonly sellerNick: string }[],
): string | undefined {
  const named = params.get('shop');
  if (named !== undefined) return shops.find((shop) => shop.sellerNick === named)?.sellerNick;
  return shops.length === 1 ? shops[0]?.sellerNick : undefined;
}
