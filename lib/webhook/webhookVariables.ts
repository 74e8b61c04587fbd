import * as z from 'zod';
import { answersSchema } from './answers.ts';

/** The present secret and, while it is being changed, the previous one. */
const MAX_SECRETS = 2;

/**
 * `CARFERRY_QIMEN_SECRET`: the app secret, or two of them separated by a comma while it is being changed.
 *
 * @param minimum characters of each; the platform's have 32.
 */
export const secretsVariable = (minimum = 6) =>
  z.lazy(() =>
    z
      .string()
      .transform((text) => text.split(',').map((secret) => secret.trim()))
      .refine((secrets) => secrets.length <= MAX_SECRETS, {
        error: `expected at most ${MAX_SECRETS} secrets separated by a comma`,
      })
      .refine((secrets) => secrets.every((secret) => secret.length >= minimum), {
        error: `expected at least ${minimum} characters in every secret`,
      }),
  );

/** `QIMEN_ANSWERS`: JSON `{"<method or *>":{"success":{…},"failure":{…}}}`; default: the documented names. */
export const answersVariable = z.lazy(() =>
  z
    .string()
    .default('{}')
    .transform((text, context) => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue({ code: 'custom', message: 'expected JSON' });
        return z.NEVER;
      }
    })
    .pipe(answersSchema),
);
