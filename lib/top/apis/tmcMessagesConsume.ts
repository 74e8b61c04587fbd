import * as z from 'zod';
import { defineTopApi } from '../defineTopApi.ts';
import { topId, topMembers, topRows, topText, topTime } from '../topFields.ts';

/** `TmcMessage`. */
export const tmcMessageShape = {
  id: topId(),
  topic: topText(),
  pub_app_key: topText(),
  pub_time: topTime(),
  user_id: topId(),
  /** The seller it is about. */
  user_nick: topText(),
  /** JSON text whose ids are 64-bit numbers. */
  content: topText(),
};

const message = topMembers(tmcMessageShape);

/** One row as `topRows` reads it. */
export type TmcMessage = z.output<typeof message>;

/**
 * Takes waiting messages of the app; those not confirmed come again. `quantity` is 10 to 200.
 * Source: https://open.taobao.com/v2/doc (taobao.tmc.messages.consume), protocol notes, section 9.
 */
export const tmcMessagesConsume = defineTopApi({
  method: 'taobao.tmc.messages.consume',
  gateway: 'top',
  session: 'none',
  request: z.lazy(() =>
    z.strictObject({
      group_name: z.string().min(1).max(32).optional(),
      quantity: z
        .string()
        .regex(/^\d{2,3}$/)
        .optional(),
    }),
  ),
  response: topMembers({ messages: topRows(message) }),
  outcome: () => ({ ok: true }),
  bareIsNone: true,
});
