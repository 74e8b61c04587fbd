import type { Sender } from '../queue/sendBatch.ts';
import { udSmartOrderDetailPull } from '../top/apis/udSmartOrderDetailPull.ts';
import { createAppGate } from './appGate.ts';
import { inParallel } from './inParallel.ts';
import { type PullTimes, planAdOrderStreams } from './planStreams.ts';
import type { PullInput, RunLimits } from './pullInput.ts';
import { createRowParking, type RowParkingDeps } from './rowParking.ts';
import { type RunStreamDeps, runStream } from './runStream.ts';
import type { StreamReport } from './streamReport.ts';
import { type AdOrderSourceDeps, createAdOrderSource } from './walkAdOrders.ts';

/** 1 udsmart, 2 流量通Pro; the default is not documented, so each is asked for by name. */
export const PROD_TYPES = [1, 2] as const;

export type PullAdOrdersDeps = Omit<AdOrderSourceDeps, 'parking'> &
  RowParkingDeps &
  RunStreamDeps & { readonly sender: Sender; readonly times: PullTimes };

/** Pulls the app's ad lines of every product in one lane; `shop` of the input means nothing here. */
export async function pullAdOrders(
  deps: PullAdOrdersDeps,
  input: PullInput,
  limits: RunLimits,
): Promise<{ streams: StreamReport[] }> {
  const plans = planAdOrderStreams(input, PROD_TYPES, deps.times, deps.clock);
  const top = createAppGate(deps.top);
  const parking = createRowParking(udSmartOrderDetailPull.method, deps);
  const streams = await inParallel(plans, PROD_TYPES.length, (plan) =>
    runStream(plan, createAdOrderSource(plan.prodType, { ...deps, top, parking }), limits, deps),
  );
  return { streams };
}
