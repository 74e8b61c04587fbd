import * as z from 'zod';
import { configurationError } from '../core/errors.ts';

/*
 * What a stage keeps in Secrets Manager, each as one JSON text: `carferry-<stage>/app`, `…/shops`, `…/sessions`.
 * The local run keeps shops and sessions in its data folder (`sessionsFolder.ts`).
 */

const time = z.lazy(() => z.iso.datetime({ offset: true }));

/** `app`: the app's own secrets, named like the variables of the local run. */
export const appSecretSchema = z.lazy(() =>
  z.strictObject({
    TOP_APP_SECRET: z.string().min(1),
    /** Callee secret of the webhook; default: the app secret. */
    CARFERRY_QIMEN_SECRET: z.string().min(1).optional(),
    /** The callee secret before the last change; accepted by the webhook until then. */
    previous: z.strictObject({ secret: z.string().min(1), until: time }).optional(),
  }),
);
export type AppSecret = z.output<typeof appSecretSchema>;

/** One seller as everybody may see it. */
export const shopEntrySchema = z.lazy(() =>
  z.strictObject({
    sellerNick: z.string().min(1),
    types: z.array(z.string().min(1)).min(1).optional(),
    carCids: z.array(z.string().regex(/^\d+$/)).min(1).optional(),
    /** When the session was set; ISO. */
    setAt: time,
    /** When the session ends by itself; absent: nobody knows. */
    expiresAt: time.optional(),
    /** Fingerprint of the session, as halts name it. */
    sessionHash: z.string(),
  }),
);
export type ShopEntry = z.output<typeof shopEntrySchema>;

/** What is secret of a seller. */
export const shopSecretSchema = z.lazy(() =>
  z.strictObject({
    session: z.string().min(1),
    /** Only apps of the service market get one that works. */
    refreshToken: z.string().min(1).optional(),
  }),
);
export type ShopSecret = z.output<typeof shopSecretSchema>;

export const shopsDocumentSchema = z.lazy(() =>
  z.strictObject({ v: z.literal(1), shops: z.array(shopEntrySchema) }),
);

export const sessionsDocumentSchema = z.lazy(() =>
  z.strictObject({
    v: z.literal(1),
    sessions: z.record(z.string(), shopSecretSchema),
  }),
);

/**
 * Reads one of these documents.
 * @param name of the secret or file, for the message
 * @throws CarferryError `configuration`; names the place that is malformed, never a value
 */
export function readDocument<Schema extends z.ZodType>(
  schema: Schema,
  name: string,
  text: string,
  hint: string,
): z.output<Schema> {
  const parsed = schema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const place = (parsed.error.issues[0]?.path ?? []).filter(
    (part) => typeof part !== 'string' || /^\w+$/.test(part),
  );
  const at = place.length === 0 ? '' : ` at ${place.join('.')}`;
  throw configurationError(name, `${name} cannot be read${at}`, hint);
}

function parseJson(text: string): unknown {
  try {
    const document: unknown = JSON.parse(text);
    return document;
  } catch {
    return undefined;
  }
}
