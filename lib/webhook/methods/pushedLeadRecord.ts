import { collectExtra, guardMembers } from '../../domain/drift.ts';
import type { ClearLeadRecord } from '../../domain/leadRecord.ts';
import { Clear, type PersonalKind } from '../../domain/personal.ts';
import { parseLossless } from '../../top/losslessJson.ts';
import type { PushedCall } from '../defineWebhookMethod.ts';
import type { CarLeadsRequest } from './carLeadsSynchronize.ts';

/** Documented fields of the request that have a place of their own in the record. */
const PLACES = {
  district_id: 'districtId',
  brand: 'brandName',
  line: 'seriesName',
  year: 'year',
  model: 'model',
  price: 'price',
  favorite_brand: 'favoriteBrand',
  price_memo: 'priceMemo',
} as const;
type Field = keyof typeof PLACES;
type Place = (typeof PLACES)[Field];

const FIELDS: readonly Field[] = [
  'district_id',
  'brand',
  'line',
  'year',
  'model',
  'price',
  'favorite_brand',
  'price_memo',
];
const DOCUMENTED = ['name', 'mobile', 'addr', 'attr', ...FIELDS];

/** The text, unless it is blank or looks like a person's number: then it belongs into `extra`, to be sealed. */
function harmless(value: string | undefined): string | undefined {
  if (value === undefined || value.trim() === '') return undefined;
  return guardMembers({ value })['value'] instanceof Clear ? undefined : value;
}

function personal(kind: PersonalKind, value: string | undefined): Clear | undefined {
  return value === undefined || value.trim() === '' ? undefined : new Clear(kind, value);
}

/** The members of `attr`; `undefined` when its text is no JSON object. */
function readAttr(attr: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed = parseLossless(attr);
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
    return Object.fromEntries(Object.entries(parsed));
  } catch {
    return undefined;
  }
}

function storeText(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? harmless(String(value)) : undefined;
}

/** What `attr` says of the store; text that cannot be read is kept as it is. */
function attrParts(attr: string): Pick<ClearLeadRecord, 'storeId' | 'storeCode' | 'attr' | 'extra'> {
  const members = readAttr(attr);
  if (members === undefined) {
    const kept = harmless(attr);
    return kept === undefined ? { extra: guardMembers({ attr }) } : { attr: kept };
  }
  const storeId = storeText(members['store_id']);
  const storeCode = storeText(members['store_code']);
  const read = [
    ...(storeId === undefined ? [] : ['store_id']),
    ...(storeCode === undefined ? [] : ['store_code']),
  ];
  const rest = collectExtra(members, read);
  return { storeId, storeCode, ...(rest === undefined ? {} : { extra: { attr: rest } }) };
}

/** Members without the absent ones: tables and JSON know no `undefined`. */
function present<T extends object>(record: T): T {
  for (const key of Object.keys(record)) {
    if (Reflect.get(record, key) === undefined) Reflect.deleteProperty(record, key);
  }
  return record;
}

/**
 * A pushed lead as a record. It has no number of its own: its id is a keyed hash of shop, method, body and
 * Beijing date, so that a repeated delivery is the same lead and the same customer next week is a new one.
 */
export function translatePushedLead(
  fields: CarLeadsRequest,
  call: PushedCall,
): ClearLeadRecord & { hash: string } {
  const day = call.sentAt.slice(0, 10);
  const known: Partial<Record<Place, string>> = {};
  const unplaced: Record<string, unknown> = {};
  for (const field of FIELDS) {
    const value = harmless(fields[field]);
    if (value !== undefined) known[PLACES[field]] = value;
    else if (fields[field]?.trim() !== '') unplaced[field] = fields[field];
  }
  const { extra: attrExtra, ...attr } = attrParts(fields.attr ?? '');
  const extra = {
    ...collectExtra(fields, DOCUMENTED),
    ...guardMembers(unplaced),
    ...attrExtra,
  };
  return present({
    leadId: call.hmac('pushedLead', `${call.shop}|${call.method}|${call.bodyText}|${day}`),
    source: 'pushed',
    shop: call.shop,
    createdAt: call.sentAt,
    observedAt: call.observedAt,
    hash: call.hmac('lead', call.bodyText),
    name: personal('name', fields.name),
    phone: personal('phone', fields.mobile),
    address: personal('address', fields.addr),
    ...known,
    ...attr,
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  });
}
