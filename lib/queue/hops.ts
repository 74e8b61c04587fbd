import type { MessageAttributeValue } from '@aws-sdk/client-sqs';

/** Name of the message attribute that counts how often a message was sent again by hand or by a tool. */
const HOPS_ATTRIBUTE = 'hops';
/** Above this a message turns in circles; it is parked instead of worked. */
export const MAX_HOPS = 8;

/** The attribute as Lambda's event (`stringValue`) or a received message (`StringValue`) carries it. */
type Attribute = { readonly stringValue?: string | undefined; readonly StringValue?: string | undefined };

/**
 * How often a message was sent again: 0 for a fresh one. It stands beside the body, not in it, so that a body
 * nobody can read is sent again byte for byte and every version of carferry takes it.
 */
export function hopsOf(attributes: Readonly<Record<string, Attribute>> | undefined): number {
  const given = attributes?.[HOPS_ATTRIBUTE];
  const text = given?.stringValue ?? given?.StringValue ?? '0';
  // A count that cannot be read is no licence to go round for ever.
  return /^\d{1,9}$/.test(text) ? Number(text) : MAX_HOPS;
}

/** The attribute of a message that is sent for the `hops`th time again. */
export function hopsAttribute(hops: number): Record<string, MessageAttributeValue> {
  return { [HOPS_ATTRIBUTE]: { DataType: 'Number', StringValue: String(hops) } };
}
