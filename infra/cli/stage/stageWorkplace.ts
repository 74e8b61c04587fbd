import { LambdaClient } from '@aws-sdk/client-lambda';
import { systemClock as clock } from '../../../lib/core/clock.ts';
import type { StreamReport } from '../../../lib/domain/summaryDocument.ts';
import { sessionsLeft } from '../../../lib/store/sessionsLeft.ts';
import { pullToEnd } from '../../local/pulls.ts';
import { type PullWork, pullLine } from '../../local/showPull.ts';
import { manifestCost } from '../manifestCost.ts';
import type { OpenData } from '../openData.ts';
import { openStage } from '../openStage.ts';
import { awsClientOptions, type StageFlags } from '../stageFlags.ts';
import { shopOf } from '../workFlags.ts';
import type { View, Workplace } from '../workplace.ts';
import { awaitQueues } from './awaitQueues.ts';
import { createInvokeFunction } from './invokeFunction.ts';
import { readStageProgress } from './stageProgress.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Functions run for five minutes; a reply may come a little later. */
const REPLY_MS = 330_000;
const LOOK_MS = 3_000;

/** The deployed functions of a stage do the work; its consumers work the messages off. */
export async function openStageWorkplace(flags: StageFlags, environment: Environment): Promise<Workplace> {
  const data = await openStage(flags, environment);
  const options = awsClientOptions(flags, environment);
  const client = new LambdaClient({
    ...options,
    // A second invocation behind our back would run beside the first and only find its streams held.
    maxAttempts: 1,
    requestHandler: { ...options.requestHandler, requestTimeout: REPLY_MS },
  });
  const where = `--stage ${flags.stage}${flags.region === undefined ? '' : ` --region ${flags.region}`}`;
  const { environment: variables = {} } =
    data.wiring.functions.find(({ name }) => name === 'pullTrades') ?? {};
  const watch = async (view: View): Promise<void> => {
    await awaitQueues(data, { clock, ...view, flags: where });
  };
  return {
    stores: data.stores,
    settleMs: Number(variables['SETTLE_SECONDS'] ?? 120) * 1000,
    others: `the consumers of stage ${flags.stage} work the messages off`,
    checkShop: async (shop) => {
      const known = (await sessionsLeft(data.stores, clock.now())).map((one) => one.shop);
      // A shop that was added just now is unknown to the tables; the function has the last word.
      if (known.length > 0) shopOf(known, shop);
    },
    pull: (works, view) => pullThere(works, view, { data, client, flags, environment }),
    settle: watch,
    watch,
    cost: (input) => manifestCost(input, data),
    close: async () => {
      client.destroy();
      await data.close();
    },
  };
}

type There = {
  readonly data: OpenData;
  readonly client: LambdaClient;
  readonly flags: StageFlags;
  readonly environment: Environment;
};

async function pullThere(
  works: readonly PullWork[],
  { signal, terminal }: View,
  { data, client, flags, environment }: There,
): Promise<StreamReport[]> {
  const since = clock.now();
  const looking = new AbortController();
  const look = async (): Promise<void> => {
    while (!looking.signal.aborted) {
      await clock.sleep(LOOK_MS, looking.signal).catch(() => undefined);
      if (looking.signal.aborted) return;
      const now = clock.now();
      const found = await readStageProgress(data.stores.streams, works, { since, now }).catch(() => []);
      const lines = found.map((stream) => pullLine(stream, now - since));
      if (terminal.isLive) terminal.draw(lines.join('\n'));
      else for (const line of lines) terminal.say(line);
    }
  };
  const looked = look();
  const invoke = createInvokeFunction({ client, flags, environment, clock, signal, say: terminal.say });
  try {
    const reports: StreamReport[] = [];
    for (const { pull, input } of works) {
      if (signal.aborted) break;
      reports.push(...(await pullToEnd(pull, input, { invoke, clock, signal })));
    }
    return reports;
  } finally {
    looking.abort();
    await looked;
    terminal.clear();
  }
}
