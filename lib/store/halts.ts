import { createHash } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import { CarferryError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { toEpochMs, toIso } from '../domain/chinaTime.ts';
import type { Halt, ShopsTable } from './shopsTable.ts';

/** A process learns of another's halt within this time. */
const CACHE_MS = 5_000;

/**
 * A permission may be granted, or a session prolonged, without the session's text changing; so one call in
 * this time goes through a halt, and what comes of it decides.
 */
const PROBE_MS = 3_600_000;

export type HaltGateDeps = {
  readonly shopsTable: Pick<ShopsTable, 'halt' | 'halts' | 'clear'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
};

/** Names a session without telling it. */
export function sessionFingerprint(session: string): string {
  return createHash('sha256').update(session).digest('hex').slice(0, 16);
}

/** Stops calls of one (shop, method, session) after a refusal that only re-authorisation ends. */
export function createHaltGate({ shopsTable, clock, log }: HaltGateDeps) {
  const cache = new Map<string, { readonly until: number; readonly halts: Promise<Halt[]> }>();
  /** Probes under way: while one call finds out, the others of this process stay halted. */
  const probing = new Set<string>();

  async function haltOf(shop: string, method: string): Promise<Halt | undefined> {
    let known = cache.get(shop);
    if (known === undefined || known.until <= clock.now()) {
      known = { until: clock.now() + CACHE_MS, halts: shopsTable.halts(shop) };
      cache.set(shop, known);
      known.halts.catch(() => cache.delete(shop));
    }
    return (await known.halts).find((halt) => halt.method === method);
  }

  return {
    /**
     * Makes the call unless it is halted.
     *
     * @throws CarferryError `halt` of the stored halt, or whatever the call throws; a halt of the session is
     *   stored first. A halt of the whole app is not: it ends the run.
     */
    async run<T>(
      shop: { readonly sellerNick: string; readonly session: string },
      method: string,
      call: () => Promise<T>,
    ): Promise<T> {
      const sessionHash = sessionFingerprint(shop.session);
      const stored = await haltOf(shop.sellerNick, method);
      const isSame = stored?.sessionHash === sessionHash;
      const probe =
        stored !== undefined && isSame ? `${shop.sellerNick} ${method} ${sessionHash}` : undefined;
      if (stored !== undefined && probe !== undefined) {
        const isEarly = clock.now() < toEpochMs(stored.since) + PROBE_MS;
        if (isEarly || probing.has(probe)) throw haltError(stored);
        probing.add(probe);
      }
      try {
        const reply = await call();
        if (stored !== undefined) {
          await shopsTable.clear(shop.sellerNick, method, stored.sessionHash);
          cache.delete(shop.sellerNick);
          log.info('halt-cleared', { shop: shop.sellerNick, method });
        }
        return reply;
      } catch (thrown) {
        if (thrown instanceof CarferryError && thrown.disposition === 'halt' && thrown.scope !== 'app') {
          const since = toIso(clock.now());
          const { reason } = thrown;
          await shopsTable.halt({ shop: shop.sellerNick, method, sessionHash, reason, since });
          cache.delete(shop.sellerNick);
          log.error('halted', { shop: shop.sellerNick, method, reason });
        }
        throw thrown;
      } finally {
        if (probe !== undefined) probing.delete(probe);
      }
    },
  };
}

export type HaltGate = ReturnType<typeof createHaltGate>;

function haltError(halt: Halt): CarferryError {
  return new CarferryError({
    disposition: 'halt',
    reason: halt.reason,
    message: `${halt.method} is halted for this shop since ${halt.since}`,
    hint: 'carferry authorize, or carferry shops set-session, gives this shop a new session',
    scope: 'session',
    details: { method: halt.method, since: halt.since, stored: true },
  });
}
