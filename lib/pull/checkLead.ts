import type { Clock } from '../core/clock.ts';
import { CarferryError, toCarferryError } from '../core/errors.ts';
import { toIso } from '../domain/chinaTime.ts';
import type { LeadRecord } from '../domain/leadRecord.ts';
import type { KeyProvider } from '../privacy/keyProvider.ts';
import type { HaltGate } from '../store/halts.ts';
import { aliautoLeadInfoGet } from '../top/apis/aliautoLeadInfoGet.ts';
import { canonicalJson } from '../top/losslessJson.ts';
import type { TopClient } from '../top/topClient.ts';
import type { RunLimits } from './pullInput.ts';
import type { Seal } from './rowParking.ts';
import { translateLead } from './sources/leadRecord.ts';

/** A seller and the session that speaks for it. */
export type LeadShop = { readonly sellerNick: string; readonly session: string };

export type CheckLeadDeps = {
  readonly top: Pick<TopClient, 'call'>;
  readonly haltGate: HaltGate;
  readonly seal: Seal;
  readonly hmac: KeyProvider['hmac'];
  readonly clock: Clock;
  /** Business codes that mean "no lead"; every other failure is an error. */
  readonly notFoundCodes: ReadonlySet<string>;
};

/** The lead of an order, sealed, or that there is none; `observedAt` is the time of asking. */
export type LeadAnswer = { readonly observedAt: string; readonly lead: LeadRecord | undefined };

const api = aliautoLeadInfoGet;

/**
 * Asks TOP for the lead of one order.
 *
 * @throws CarferryError of the call; `park` with the field for a lead that cannot be read; `retry`
 *   `foreign-reply` when the reply is another order's.
 */
export async function checkLead(
  shop: LeadShop,
  orderId: string,
  limits: RunLimits,
  deps: CheckLeadDeps,
): Promise<LeadAnswer> {
  const observedAt = toIso(deps.clock.now());
  const { signal, deadline } = limits;
  const options = { session: shop.session, answers: deps.notFoundCodes, signal, deadline };
  try {
    const { data } = await deps.haltGate.run(shop, api.method, () =>
      deps.top.call(api, { lead_top_query: { order_id: orderId } }, options),
    );
    if (data === undefined) return { observedAt, lead: undefined };
    refuseForeignReply(orderId, data.order_id);
    const record = translateLead(data, { shop: shop.sellerNick, orderId, observedAt });
    const sealed = await deps.seal(record, {
      kind: 'lead',
      id: record.leadId,
      keyOf: { kind: 'order', id: orderId },
    });
    const phoneIndex = sealed.phoneSealed?.index;
    const hash = deps.hmac('lead', canonicalJson(data));
    return { observedAt, lead: { ...sealed, hash, ...(phoneIndex !== undefined && { phoneIndex }) } };
  } catch (thrown) {
    if (isNotFound(toCarferryError(thrown), deps.notFoundCodes)) return { observedAt, lead: undefined };
    throw thrown;
  }
}

function isNotFound({ details }: CarferryError, codes: ReadonlySet<string>): boolean {
  const given = [details['businessCode'], details['subCode'], details['code']];
  return given.some((code) => code !== undefined && codes.has(String(code)));
}

/** The asked id with its last digits lost to a float, as the platform's own samples show it, is an echo. */
function refuseForeignReply(asked: string, echoed: string | undefined): void {
  if (echoed === undefined || echoed === asked || echoed === String(Number(asked))) return;
  throw new CarferryError({
    disposition: 'retry',
    reason: 'foreign-reply',
    message: `${api.method}: the reply belongs to another order`,
    field: 'data.order_id',
    details: { method: api.method },
  });
}
