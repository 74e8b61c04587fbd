/** Item ids are numbers while they can be; the newer alphanumeric form has to be a string. */
export function itemIdNode(id: string): bigint | string {
  return /^\d+$/.test(id) ? BigInt(id) : id;
}
