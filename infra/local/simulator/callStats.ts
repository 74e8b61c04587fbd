import type { NodeMap } from './json.ts';

export type CallStats = {
  count(method: string, outcome: string, now: number): void;
  report(): NodeMap;
};

/** Calls per method by outcome, and the most calls any clock second has seen per method. */
export function createCallStats(): CallStats {
  const methods = new Map<
    string,
    { outcomes: Map<string, number>; second: number; inSecond: number; most: number }
  >();
  return {
    count(method, outcome, now) {
      const entry = methods.get(method) ?? { outcomes: new Map(), second: 0, inSecond: 0, most: 0 };
      methods.set(method, entry);
      entry.outcomes.set(outcome, (entry.outcomes.get(outcome) ?? 0) + 1);
      const second = Math.floor(now / 1000);
      entry.inSecond = entry.second === second ? entry.inSecond + 1 : 1;
      entry.second = second;
      entry.most = Math.max(entry.most, entry.inSecond);
    },
    report() {
      const report: NodeMap = {};
      for (const [method, entry] of methods) {
        const calls = [...entry.outcomes.values()].reduce((sum, count) => sum + count, 0);
        report[method] = {
          calls,
          maxPerSecond: entry.most,
          outcomes: Object.fromEntries(entry.outcomes),
        };
      }
      return report;
    },
  };
}
