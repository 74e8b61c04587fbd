import type { Bench } from '../bench.ts';
import type { Baseline } from '../cell.ts';
import type { Finding } from '../watch.ts';
import { deadLetterWhileWorked, deleteFails, redriveDies, secretRotates } from './operator.ts';
import { eraseDies, eraseWhileQueued, keyRotatesHalf } from './persons.ts';
import { createStage, type Scenario } from './stage.ts';
import {
  expiredRows,
  newerMessage,
  restoredTables,
  stateCorrupt,
  stateFromFuture,
  stateOfNewerVersion,
} from './storedState.ts';
import { clockAhead, clockBehind, hostZone, queuesDown, skewCorrected, tablesDown } from './surroundings.ts';
import { countGrew, longBan, notFound, pagesShift, queueDownForWebhook, sessionExpires } from './upstream.ts';

/** Cells that are more than one request going wrong, by the names that `points.ts` uses. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  clockAhead,
  clockBehind,
  countGrew,
  deadLetterWhileWorked,
  deleteFails,
  eraseDies,
  eraseWhileQueued,
  expiredRows,
  hostZone,
  keyRotatesHalf,
  longBan,
  newerMessage,
  notFound,
  pagesShift,
  queueDownForWebhook,
  queuesDown,
  redriveDies,
  restoredTables,
  secretRotates,
  sessionExpires,
  skewCorrected,
  stateCorrupt,
  stateFromFuture,
  stateOfNewerVersion,
  tablesDown,
};

export type ScenarioResult = { readonly findings: readonly Finding[]; readonly ms: number };

export async function runScenario(bench: Bench, name: string, baseline: Baseline): Promise<ScenarioResult> {
  const startedAt = performance.now();
  const scenario = SCENARIOS[name];
  if (scenario === undefined) throw new Error(`no scenario ${name}`);
  const stage = createStage(bench, baseline);
  await scenario(stage);
  bench.handling = (_role, _exchange, forward) => forward();
  return { findings: stage.findings(), ms: performance.now() - startedAt };
}
