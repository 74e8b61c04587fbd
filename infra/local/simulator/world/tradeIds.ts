import { createRandom, hash32 } from '../random.ts';

// Near 4e18 a double steps by 512 or 1024: ids within one block of 1024 that end below 256 are the same double.
const BLOCK = 1024n;
const FIRST = 4_200_000_000_000_000_000n;
const PER_SEED = 1_000_000_000_000_000n;
const PER_TRADE = 1n << 30n;

/**
 * Order id of the n-th trade: 19 digits, beyond 2^53, growing with n. Every eighth trade stands in the block of
 * its predecessor, so that both are the same number to anyone who reads ids as doubles. Up to 20 ids after
 * it are free for sub-orders.
 */
export function tradeId(seed: string, n: number): bigint {
  const neighbour = n % 8 === 1;
  const leader = neighbour ? n - 1 : n;
  const random = createRandom(`${seed}/tid/${leader}`);
  const block = BigInt(random.int(0, 200_000)) * BLOCK;
  const inBlock = BigInt(random.int(16, 40)) + (neighbour ? 100n : 0n);
  const base = ((FIRST + BigInt(hash32(seed) % 900) * PER_SEED) / BLOCK) * BLOCK;
  return base + BigInt(leader) * PER_TRADE + block + inBlock;
}
