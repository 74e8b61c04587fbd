import { hash32 } from '../random.ts';

/** An invented person. Every value is unique to the index and to the seed's order of them. */
export type Buyer = {
  index: number;
  name: string;
  nick: string;
  mobile: string;
  /** The number left with some leads instead of `mobile`. */
  otherMobile: string;
  identityNumber: string;
  address: string;
  city: string;
  state: string;
  openUid: string;
  ouid: string;
};

const ALPHABET = 4096;
const NAMES = ALPHABET * ALPHABET;
const FIRST_CHARACTER = 0x4e00;
const PHONES = 10_000_000;
const places = [
  ['测试省', '测甲市'],
  ['测试省', '测乙市'],
  ['试验省', '测丙市'],
] as const;

/** The person of an index; below five million indexes no value repeats. */
export function createBuyer(seed: string, index: number): Buyer {
  const offset = hash32(`${seed}/buyers`);
  const mixed = scramble(index, offset, 7_368_787, NAMES);
  const phone = scramble(2 * index, offset, 6_180_339, PHONES);
  const otherPhone = scramble(2 * index + 1, offset, 6_180_339, PHONES);
  const suffix = String.fromCharCode(
    FIRST_CHARACTER + (mixed % ALPHABET),
    FIRST_CHARACTER + Math.floor(mixed / ALPHABET),
  );
  const [state, city] = places[index % places.length] ?? places[0];
  const code = mixed.toString(36).padStart(5, '0');
  return {
    index,
    name: `测试${suffix}`,
    nick: `测试买家${suffix}${code}`,
    mobile: `1390${String(phone).padStart(7, '0')}`,
    otherMobile: `1390${String(otherPhone).padStart(7, '0')}`,
    identityNumber: identityNumber(mixed),
    address: `${state}${city}测试路 ${100_000 + mixed} 号`,
    city,
    state,
    openUid: `AAH${code}d-EAAeGwJedwS${code}`,
    ouid: `AAH${code}d123`,
  };
}

function scramble(index: number, offset: number, factor: number, size: number): number {
  return Number((BigInt(index) * BigInt(factor) + BigInt(offset)) % BigInt(size));
}

// Region 000000 does not exist; birthday and sequence carry the index, the last place is the usual check digit.
function identityNumber(mixed: number): string {
  const day = (mixed % 28) + 1;
  const month = (Math.floor(mixed / 28) % 12) + 1;
  const year = 1955 + (Math.floor(mixed / 336) % 50);
  const sequence = Math.floor(mixed / 16_800) % 1000;
  const body = `000000${year}${two(month)}${two(day)}${String(sequence).padStart(3, '0')}`;
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
  const sum = weights.reduce((total, weight, place) => total + weight * Number(body[place]), 0);
  return body + '10X98765432'.charAt(sum % 11);
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
