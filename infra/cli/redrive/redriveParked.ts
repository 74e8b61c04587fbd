import { type Clock, systemClock } from '../../../lib/core/clock.ts';
import { toCarferryError } from '../../../lib/core/errors.ts';
import { toIso } from '../../../lib/domain/chinaTime.ts';
import type { KeyProvider } from '../../../lib/privacy/keyProvider.ts';
import { placeOf } from '../../../lib/privacy/place.ts';
import { unsealValue } from '../../../lib/privacy/sealRecord.ts';
import { MAX_HOPS } from '../../../lib/queue/hops.ts';
import { sendBody } from '../../../lib/queue/sendBody.ts';
import type { Parked } from '../../../lib/store/quarantineTable.ts';
import type { OpenData } from '../openData.ts';
import { type Route, routeOf } from './parkedRoutes.ts';

/** What became of one parked record, or with a dry run what would. */
export type Outcome = {
  readonly quarantineId: string;
  readonly source: string;
  readonly outcome: /** In its queue again, and out of quarantine. */
    | 'sent'
    /** Its order is asked for again; it leaves quarantine once the answer works. */
    | 'asked'
    /** Its days are walked again; it leaves quarantine once it is listed readable. */
    | 'walked'
    /** Cannot be sent; `why` says what to do. */
    | 'kept';
  readonly why?: string;
};

export type RedriveParkedOptions = {
  readonly dryRun: boolean;
  readonly perSecond: number;
  readonly resetHops: boolean;
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
};

type Deps = Pick<OpenData, 'stores' | 'sqs' | 'queueUrls' | 'wiring'> & { keys(): KeyProvider };

/**
 * Sends parked messages of ours again and has orders asked for again. Rows of listings are only named here: walking
 * their days is work of the functions. Each deed comes before what it takes out of quarantine, so a crash anywhere
 * doubles a message and loses none.
 */
export async function redriveParked(
  parked: readonly Parked[],
  data: Deps,
  options: RedriveParkedOptions,
): Promise<Outcome[]> {
  const { clock = systemClock, signal } = options;
  const outcomes: Outcome[] = [];
  for (const one of parked) {
    if (signal?.aborted) break;
    const { quarantineId, source } = one;
    const route = routeOf(one);
    outcomes.push({ quarantineId, source, ...(await redriveOne(one, route, data, options, clock)) });
    const isDeed = route.kind === 'message' || route.kind === 'ask';
    if (isDeed && !options.dryRun) await clock.sleep(1000 / options.perSecond, signal).catch(() => undefined);
  }
  return outcomes;
}

type End = Pick<Outcome, 'outcome' | 'why'>;

async function redriveOne(
  one: Parked,
  route: Route,
  data: Deps,
  options: RedriveParkedOptions,
  clock: Clock,
): Promise<End> {
  switch (route.kind) {
    case 'message':
      return await sendAgain(one, route.queue, data, options);
    case 'ask': {
      const { orderId, shop } = one;
      if (orderId === undefined || shop === undefined) return kept('the row names no order and shop');
      const dueAt = toIso(clock.now());
      const due = {
        orderId,
        shop,
        reason: route.reason,
        dueAt,
        firstDueAt: dueAt,
        attempts: 0,
        steps: route.steps,
      };
      if (!options.dryRun) await data.stores.dues.put(due);
      return { outcome: 'asked' };
    }
    case 'walk':
      return { outcome: 'walked' };
    case 'none':
      return kept('nothing is known that would bring it back; see quarantine show ID');
  }
}

/** Send first, then take it out of quarantine as it was seen: parked again meanwhile, it stays. */
async function sendAgain(
  one: Parked,
  noun: string,
  { stores, sqs, queueUrls, wiring, keys }: Deps,
  { dryRun, resetHops }: RedriveParkedOptions,
): Promise<End> {
  const { quarantineId, payloadSealed, payloadDropped } = one;
  const hops = resetHops ? 0 : (one.hops ?? 0);
  if (payloadDropped === true) return kept('it was too large to be kept; walk its day: carferry reconcile');
  if (payloadSealed === undefined) return kept('nothing of it was kept');
  if (hops >= MAX_HOPS) return kept(`sent again ${hops} times; once its cause is repaired: --reset-hops`);
  const name = `${wiring.service}-${wiring.stage}-${noun}`;
  const place = placeOf({ kind: 'quarantine', id: quarantineId }, ['payload']);
  let body: string;
  try {
    body = await unsealValue(payloadSealed, keys(), place);
  } catch (thrown) {
    return kept(`its body cannot be opened: ${toCarferryError(thrown).reason}`);
  }
  if (dryRun) return { outcome: 'sent' };
  await sendBody(sqs, queueUrls.get(name) ?? name, body, hops + 1);
  await stores.quarantine.resolveSeen(one);
  return { outcome: 'sent' };
}

function kept(why: string): End {
  return { outcome: 'kept', why };
}
