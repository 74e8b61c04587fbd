import type { Clock } from '../core/clock.ts';
import { toCarferryError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { publishGauge } from '../core/telemetry.ts';
import { chinaDate, toEpochMs, toIso } from '../domain/chinaTime.ts';
import type { Due, DuesTable } from '../store/duesTable.ts';
import { sessionFingerprint } from '../store/halts.ts';
import { daysUntil } from '../store/sessionsLeft.ts';
import type { SessionRow, ShopsTable } from '../store/shopsTable.ts';
import type { Shop } from './environment.ts';

/** A function that runs each minute looks once each time; the local run calls it more often. */
const LOOK_AGAIN_MS = 30_000;
/** As long as some process may still have the former session, it may put dues off again. */
const RELEASE_MS = 360_000;
/** Farther than a halt puts anything off. */
const PUT_OFF_MS = 15 * 60_000;
/** Days left at which a warning is given. */
const WARNINGS = [0, 1, 7, 14];

export type SessionsWatchDeps = {
  readonly shops: readonly Shop[];
  readonly shopsTable: Pick<ShopsTable, 'halts' | 'sessions' | 'noteSession' | 'forgetSession'>;
  readonly dues: Pick<DuesTable, 'between' | 'reschedule'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
};

/**
 * Looks after the shops' sessions: keeps a row of each (see `SessionRow`), warns when one ends in 14, 7 or 1 days,
 * once each, and makes due at once what the halt of a former session had put off. What it cannot do now it does at the
 * next look; it never throws.
 */
export function createSessionsWatch(deps: SessionsWatchDeps): () => Promise<void> {
  const { clock, log } = deps;
  let lookAt = 0;
  return async () => {
    if (clock.now() < lookAt) return;
    lookAt = clock.now() + LOOK_AGAIN_MS;
    try {
      const rows = new Map((await deps.shopsTable.sessions()).map((row) => [row.shop, row]));
      const renewed = new Set<string>();
      for (const shop of deps.shops) {
        if (await lookAfter(shop, rows.get(shop.sellerNick), deps)) renewed.add(shop.sellerNick);
        rows.delete(shop.sellerNick);
      }
      tellDaysLeft(deps);
      for (const shop of rows.keys()) await deps.shopsTable.forgetSession(shop);
      if (renewed.size > 0) await release(renewed, deps);
    } catch (thrown) {
      const { reason, field, hint } = toCarferryError(thrown);
      log.error('sessions-not-watched', { reason, field, hint });
    }
  };
}

/** The days of the session that ends first; nothing is told when no end is known. */
function tellDaysLeft({ shops, clock }: SessionsWatchDeps): void {
  const left = shops.flatMap(({ expiresAt }) =>
    expiresAt === undefined ? [] : [daysUntil(expiresAt, clock.now())],
  );
  if (left.length > 0) publishGauge({ name: 'SessionDaysLeft', value: Math.max(0, Math.min(...left)) });
}

/** True for a shop whose session is new. */
async function lookAfter(
  shop: Shop,
  seen: SessionRow | undefined,
  deps: SessionsWatchDeps,
): Promise<boolean> {
  const now = deps.clock.now();
  const { sellerNick, setAt, expiresAt } = shop;
  const sessionHash = sessionFingerprint(shop.session);
  // This process has not yet taken up what another one has.
  if ((seen?.setAt ?? '') > (setAt ?? '')) return false;
  const isNew = seen?.sessionHash !== sessionHash;
  const isRenewal =
    isNew && (seen !== undefined || (await isHaltedForAnother(sellerNick, sessionHash, deps)));
  const warning = warningOf(expiresAt, now);
  const next: SessionRow = {
    shop: sellerNick,
    sessionHash,
    setAt,
    expiresAt,
    renewedAt: isRenewal ? toIso(now) : isNew ? undefined : seen?.renewedAt,
    warned: warning?.name ?? (isNew ? undefined : seen?.warned),
  };
  if (
    isNew ||
    next.expiresAt !== seen?.expiresAt ||
    next.setAt !== seen?.setAt ||
    next.warned !== seen?.warned
  ) {
    const outcome = await deps.shopsTable.noteSession(next, seen);
    if (outcome === 'written' && isRenewal) deps.log.info('session-renewed', { shop: sellerNick });
    if (outcome === 'written' && warning !== undefined && warning.name !== seen?.warned) {
      warn(shop, warning, deps.log);
    }
  }
  return next.renewedAt !== undefined && now < toEpochMs(next.renewedAt) + RELEASE_MS;
}

async function isHaltedForAnother(
  shop: string,
  sessionHash: string,
  deps: SessionsWatchDeps,
): Promise<boolean> {
  const halts = await deps.shopsTable.halts(shop);
  return halts.some((halt) => halt.sessionHash !== sessionHash);
}

type Warning = { readonly name: string; readonly daysLeft: number };

/** The warning that is given now; its name tells it from every other one. The last two are repeated daily. */
function warningOf(expiresAt: string | undefined, now: number): Warning | undefined {
  if (expiresAt === undefined) return undefined;
  const daysLeft = daysUntil(expiresAt, now);
  const stage = WARNINGS.find((days) => daysLeft <= days);
  if (stage === undefined) return undefined;
  const day = stage <= 1 ? chinaDate(now) : '';
  return { name: `${expiresAt}|${stage}|${day}`, daysLeft: Math.max(0, daysLeft) };
}

function warn({ sellerNick: shop, expiresAt: until }: Shop, { daysLeft: count }: Warning, log: Log): void {
  const hint = 'carferry authorize, or carferry shops set-session, gives this shop a new session';
  const write = count <= 1 ? log.error : log.warn;
  write('session-expires', { shop, count, until, hint });
}

async function release(shops: ReadonlySet<string>, { dues, clock }: SessionsWatchDeps): Promise<void> {
  const now = clock.now();
  for await (const due of dues.between(['owed', 'leadCheck'], now, now + PUT_OFF_MS)) {
    if (!shops.has(due.shop) || !waitsForSession(due)) continue;
    await dues.reschedule(due, { dueAt: toIso(now), attempts: due.attempts });
  }
}

/** Later lead checks come at their own time. */
function waitsForSession({ reason, attempts }: Due): boolean {
  return reason === 'owed' || attempts === 0;
}
