import type * as z from 'zod';
import type { ClearLeadRecord } from '../domain/leadRecord.ts';
import type { HmacPurpose } from '../privacy/keyProvider.ts';
import type { SceneAnswers } from './answers.ts';

/** What a translation knows of the call besides its fields. */
export type PushedCall = {
  readonly shop: string;
  readonly method: string;
  /** The body exactly as signed. */
  readonly bodyText: string;
  /** The signed `timestamp`, ISO 8601 with `+08:00`. */
  readonly sentAt: string;
  /** When it was received, ISO 8601 with `+08:00`. */
  readonly observedAt: string;
  readonly hmac: (purpose: HmacPurpose, text: string) => string;
};

/** A message before it is sealed. */
export type ClearMessage = {
  readonly kind: 'lead';
  readonly lead: ClearLeadRecord & { readonly hash: string };
};

/** One method that Tmall may call. */
export type WebhookMethod = {
  readonly method: string;
  /** Its documented answers; configuration wins over them. */
  readonly answers: SceneAnswers;
  /** The message, or the name of the first field that is missing or malformed; never its value. */
  read(
    fields: Readonly<Record<string, unknown>>,
    call: PushedCall,
  ):
    | { readonly ok: true; readonly message: ClearMessage }
    | { readonly ok: false; readonly field: string; readonly missing: boolean };
};

/** Declares one accepted method; the type of `fields` follows from `request`. */
export function defineWebhookMethod<Request extends z.ZodType>(definition: {
  /** Full name, e.g. `qimen.tmall.car.leads.synchronize`. */
  readonly method: string;
  readonly request: Request;
  /** Field names of its response table; default: the gateway's own. */
  readonly answers?: SceneAnswers;
  readonly toMessage: (fields: z.output<Request>, call: PushedCall) => ClearMessage;
}): WebhookMethod {
  return {
    method: definition.method,
    answers: definition.answers ?? {},
    read(fields, call) {
      const parsed = definition.request.safeParse(fields);
      if (parsed.success) return { ok: true, message: definition.toMessage(parsed.data, call) };
      const field = String(parsed.error.issues[0]?.path[0] ?? 'body');
      const given = Object.hasOwn(fields, field) ? fields[field] : undefined;
      const missing =
        given === undefined || given === null || (typeof given === 'string' && given.trim() === '');
      return { ok: false, field, missing };
    },
  };
}
