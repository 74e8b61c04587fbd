import { setTimeout as delay } from 'node:timers/promises';
import type { Bench } from './bench.ts';
import type { Handling } from './crew.ts';
import type { Exchange } from './faultProxy.ts';
import { errorOf, takePart, throttleOf } from './strike.ts';

/** Chance of each fault per request. */
const CHANCES = {
  replyLost: 0.004,
  away: 0.001,
  error: 0.004,
  throttled: 0.004,
  partial: 0.03,
  truncated: 0.004,
  slow: 0.004,
  killed: 0.002,
} as const;
export type Fault = keyof typeof CHANCES;

export type Weather = {
  readonly handling: Handling;
  /** How often each fault has struck. */
  readonly counts: Readonly<Record<Fault, number>>;
  /** No faults from now on. */
  clear(): void;
};

/** Random faults in the way of every request, by a seed. */
export function createWeather(bench: Bench, random: () => number): Weather {
  const counts = {
    replyLost: 0,
    away: 0,
    error: 0,
    throttled: 0,
    partial: 0,
    truncated: 0,
    slow: 0,
    killed: 0,
  };
  let isClear = false;
  /** A server that is away stays so for a while; epoch ms by `role service`. */
  const awayUntil = new Map<string, number>();

  const happens = (fault: Fault, isPossible = true): boolean => {
    if (!isPossible || random() >= CHANCES[fault]) return false;
    counts[fault] += 1;
    return true;
  };

  const handling: Handling = async (role, exchange, forward) => {
    if (isClear) return await forward();
    const { service, name } = exchange;
    const place = `${role} ${service}`;
    if ((awayUntil.get(place) ?? 0) > Date.now()) return 'lost';
    if (happens('killed')) {
      if (random() < 0.5) await forward();
      bench.worker(role).signal('SIGKILL');
      return 'lost';
    }
    if (happens('replyLost')) {
      await forward();
      return 'lost';
    }
    if (happens('away')) {
      awayUntil.set(place, Date.now() + random() * 1_500);
      return 'lost';
    }
    if (happens('error')) return errorOf(exchange);
    if (happens('throttled', service !== 'top')) return throttleOf(exchange);
    if (happens('partial', name.startsWith('send.'))) return await takePart(exchange, forward);
    if (happens('truncated', isFetch(exchange))) {
      const { body, ...reply } = await forward();
      return { ...reply, body: body.subarray(0, Math.floor(body.length * random())) };
    }
    if (happens('slow')) await delay(random() * 2_000);
    return await forward();
  };

  return {
    handling,
    counts,
    clear: () => {
      isClear = true;
    },
  };
}

function isFetch({ service }: Exchange): boolean {
  return service === 'top';
}
