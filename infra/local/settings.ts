import * as z from 'zod';
import { configurationError } from '../../lib/core/errors.ts';
import * as env from '../../lib/lambda/environment.ts';
import {
  lookbackDaysVariable,
  overlapSecondsVariable,
  settleSecondsVariable,
} from '../../lib/lambda/pullTimes.ts';

/** The environment of the local run (README), checked before anything starts. Texts as given, for the functions to read. */
export type Settings = {
  /** Variables of the real gateway; undefined = start the simulator. */
  readonly gateway: Readonly<Record<string, string>> | undefined;
  readonly rate: string | undefined;
  readonly qimenSecret: string | undefined;
  readonly dataKey: string | undefined;
  readonly dynamoDbUrl: string | undefined;
  readonly sqsUrl: string | undefined;
  /** The simulated world, for tests: CARFERRY_SIM_SEED, CARFERRY_SIM_TRADES, CARFERRY_SIM_SHOPS, CARFERRY_SIM_ANCHOR. */
  readonly world: {
    readonly seed: string | undefined;
    readonly trades: number | undefined;
    readonly shops: number | undefined;
    readonly anchorAt: number | undefined;
  };
};

const { CARFERRY_RATE: rateVariable, ...gatewayVariables } = env.topEnvironment;
const gatewaySchema = z.object({ ...gatewayVariables, CARFERRY_SHOPS: env.shopsVariable });

const count = z.coerce.number().int().min(0).max(100_000_000_000_000).optional();
const otherSchema = z.object({
  CARFERRY_RATE: rateVariable.optional(),
  CARFERRY_QIMEN_SECRET: z.string().optional(),
  CARFERRY_DATA_KEY: env.dataKeyVariable.optional(),
  AWS_ENDPOINT_URL_DYNAMODB: z.url({ protocol: /^https?$/ }).optional(),
  AWS_ENDPOINT_URL_SQS: z.url({ protocol: /^https?$/ }).optional(),
  SETTLE_SECONDS: settleSecondsVariable,
  OVERLAP_SECONDS: overlapSecondsVariable,
  LOOKBACK_DAYS: lookbackDaysVariable,
  TRADE_PAGE_SIZE: env.tradePageSizeVariable,
  NOT_FOUND_CODES_CAR: env.notFoundCodesCarVariable,
  NOT_FOUND_CODES_LEAD: env.notFoundCodesLeadVariable,
  PULL_MESSAGES: env.switchVariable,
  MESSAGE_GROUP: env.messageGroupVariable,
  MESSAGE_POLL_SECONDS: env.messagePollSecondsVariable,
  LOG_LEVEL: env.logLevelVariable,
  CARFERRY_SIM_SEED: z.string().optional(),
  CARFERRY_SIM_TRADES: count,
  CARFERRY_SIM_SHOPS: count,
  CARFERRY_SIM_ANCHOR: count,
});

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws CarferryError `configuration`, its field naming the variable, never its value */
export function readSettings(environment: Environment): Settings {
  const other = env.readEnvironment(otherSchema, environment);
  const text = (name: string): string | undefined => environment[name] || undefined;
  return {
    gateway: readGateway(environment),
    rate: text('CARFERRY_RATE'),
    qimenSecret: other.CARFERRY_QIMEN_SECRET,
    dataKey: text('CARFERRY_DATA_KEY'),
    dynamoDbUrl: other.AWS_ENDPOINT_URL_DYNAMODB,
    sqsUrl: other.AWS_ENDPOINT_URL_SQS,
    world: {
      seed: other.CARFERRY_SIM_SEED,
      trades: other.CARFERRY_SIM_TRADES,
      shops: other.CARFERRY_SIM_SHOPS,
      anchorAt: other.CARFERRY_SIM_ANCHOR,
    },
  };
}

function readGateway(environment: Environment): Record<string, string> | undefined {
  const [top, qimen] = [environment['TOP_GATEWAY_URL'], environment['QIMEN_GATEWAY_URL']];
  if (!top && !qimen) return undefined;
  if (!top || !qimen) {
    const missing = top ? 'QIMEN_GATEWAY_URL' : 'TOP_GATEWAY_URL';
    throw configurationError(
      missing,
      `${missing} is missing: set both gateway URLs, or neither to use the simulator`,
    );
  }
  env.readEnvironment(gatewaySchema, environment);
  const names = Object.keys(gatewaySchema.shape);
  return Object.fromEntries(names.map((name) => [name, environment[name] ?? '']));
}
