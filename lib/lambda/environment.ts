import * as z from 'zod';
import { configurationError } from '../core/errors.ts';

/*
 * The variables of all functions, each described once. A function's `configSchema` names exactly those it
 * reads: `z.object({ ...topEnvironment, CARFERRY_SHOPS: shopsVariable, ORDERS_TABLE: nameVariable, … })`.
 * Like other schemas of many parts they are `z.lazy`: made when first read, not whenever a function is loaded.
 */

/** Text that must not be empty, e.g. the name of a table. */
export const nameVariable = z.lazy(() => z.string().min(1));

/** Several required names, e.g. of tables, for a `configSchema`. */
export function namesOf<const Name extends string>(
  names: readonly Name[],
): Record<NoInfer<Name>, typeof nameVariable>;
export function namesOf(names: readonly string[]): Record<string, typeof nameVariable> {
  return Object.fromEntries(names.map((name) => [name, nameVariable]));
}

/** URL of a queue. */
export const queueUrlVariable = z.lazy(() => z.url({ protocol: /^https?$/ }));

/** Gateways and callers' secrets travel in clear over http, so that is for the own machine only. */
const gatewayVariable = z.lazy(() =>
  z.url({ protocol: /^https?$/ }).refine((text) => URL.canParse(text) && isPrivate(new URL(text)), {
    error: 'expected https, or http to this machine',
  }),
);

function isPrivate(url: URL): boolean {
  return url.protocol === 'https:' || /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);
}

/** Calls per second. */
const rateVariable = z.lazy(() => z.coerce.number().positive().max(100_000));

/** What `createTopClient` needs. */
export const topEnvironment = {
  TOP_GATEWAY_URL: gatewayVariable,
  QIMEN_GATEWAY_URL: gatewayVariable,
  TOP_APP_KEY: nameVariable,
  TOP_APP_SECRET: nameVariable,
  QIMEN_TARGET_APP_KEY: nameVariable,
  /** Calls per second and TOP method. */
  CARFERRY_RATE: z.lazy(() => rateVariable.default(5)),
};

/** What the shared rate budget needs besides: limits of single methods, as JSON, and who shares a limit. */
export const budgetEnvironment = {
  CARFERRY_RATES: z.lazy(() =>
    z
      .string()
      .default('{}')
      .transform(parseJson)
      .pipe(z.record(z.string().regex(/^[a-z0-9.]+$/), rateVariable)),
  ),
  /** At least as many processes as may call one method at once. */
  CARFERRY_PROCESSES: z.lazy(() => z.coerce.number().int().min(1).max(10_000).default(12)),
};

/** The same as `createTopClient` names them. */
export function topSettings(config: z.output<z.ZodObject<typeof topEnvironment>>) {
  return {
    topUrl: config.TOP_GATEWAY_URL,
    qimenUrl: config.QIMEN_GATEWAY_URL,
    appKey: config.TOP_APP_KEY,
    appSecret: config.TOP_APP_SECRET,
    targetAppKey: config.QIMEN_TARGET_APP_KEY,
  };
}

const shopSchema = z.lazy(() =>
  z.strictObject({
    sellerNick: nameVariable,
    session: z.string().min(1),
    /** Trade types to list; default: all documented ones. */
    types: z.array(z.string().min(1)).min(1).optional(),
    /** Category ids of cars; when given, orders without one of them owe neither car nor lead. */
    carCids: z.array(z.string().regex(/^\d+$/)).min(1).optional(),
    /** When the session was set, and when it ends by itself; ISO. */
    setAt: z.iso.datetime({ offset: true }).optional(),
    expiresAt: z.iso.datetime({ offset: true }).optional(),
  }),
);

function parseJson(text: string, context: z.RefinementCtx): unknown {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'expected JSON' });
    return z.NEVER;
  }
}

/** One seller whose trades are ferried. */
export type Shop = z.output<typeof shopSchema>;

const shopsText = <Shape extends z.ZodType<{ readonly sellerNick: string }>>(shop: Shape) =>
  z.lazy(() =>
    z
      .string()
      .transform(parseJson)
      .pipe(
        z
          .array(shop)
          .min(1)
          .refine((shops) => new Set(shops.map(({ sellerNick }) => sellerNick)).size === shops.length, {
            error: 'expected every sellerNick once',
          }),
      ),
  );

/** `CARFERRY_SHOPS`: JSON `[{"sellerNick":"…","session":"…"}]`, each seller once. */
export const shopsVariable = shopsText(shopSchema);

/** The same for functions that call nobody: they may not know the sessions. */
export const sellersVariable = shopsText(z.object({ sellerNick: nameVariable }));

/** Names of a stage's secrets (see `secretsDocuments.ts`); needed in a function on AWS, unused elsewhere. */
const secretName = z.lazy(() => z.string().optional());
export const appSecretName = { APP_SECRET_NAME: secretName };
export const sellersSecretName = { SHOPS_SECRET_NAME: secretName };
export const sessionsSecretNames = { ...sellersSecretName, SESSIONS_SECRET_NAME: secretName };

/** `CARFERRY_DATA_KEY`: 32 bytes in base64. */
export const dataKeyVariable = z.lazy(() =>
  z
    .base64()
    .transform((text) => new Uint8Array(Buffer.from(text, 'base64')))
    .refine((key) => key.length === 32, { error: 'expected 32 bytes in base64' }),
);

/** Whole number of seconds, days or rows with a default. */
export const countVariable = (fallback: number, max = 1_000_000) =>
  z.lazy(() => z.coerce.number().int().min(0).max(max).default(fallback));

export const tradePageSizeVariable = z.lazy(() => z.coerce.number().int().min(1).max(100).default(100));

/** Comma-separated business codes that mean "there is none". */
export const codesVariable = (fallback: string) =>
  z.lazy(() =>
    z
      .string()
      .default(fallback)
      .transform((text) => new Set(text.split(',').map((code) => code.trim())))
      .refine((codes) => !codes.has(''), { error: 'expected codes separated by commas' }),
  );

/** `PULL_MESSAGES`: whether trade messages are consumed. */
export const switchVariable = z.lazy(() => z.enum(['on', 'off']).default('off'));
/** `MESSAGE_GROUP`: consumer group; without it the app's own. */
export const messageGroupVariable = z.lazy(() => z.string().max(32).optional());
/** `MESSAGE_POLL_SECONDS`: how long an empty queue is looked into again within a run. */
export const messagePollSecondsVariable = countVariable(0, 40);

export const notFoundCodesCarVariable = codesVariable('ORDER_NOT_EXIST');
export const notFoundCodesLeadVariable = codesVariable('LEAD_NOT_EXIST');

/** Read by `createLog`; named here so that a misspelt level is refused. */
export const logLevelVariable = z.lazy(() =>
  z
    .string()
    .regex(/^(trace|debug|info|warn|error|critical|silent)$/i)
    .default('info'),
);

/**
 * Reads a function's configuration. An empty variable counts as absent.
 * @throws CarferryError reason `configuration`, `field` naming the variable; never shows a value
 */
export function readEnvironment<Schema extends z.ZodType>(
  schema: Schema,
  environment: Readonly<Record<string, string | undefined>>,
): z.output<Schema> {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const [variable = 'environment', ...place] = (issue?.path ?? []).map(String);
  const field = place.length === 0 ? variable : `${variable} at ${place.join('.')}`;
  if (!(variable in given)) throw configurationError(variable, `${variable} is missing`);
  // The texts of zod name what was expected and the type of what came, never its value.
  throw configurationError(field, `${field} is malformed: ${issue?.message ?? 'unreadable'}`);
}
