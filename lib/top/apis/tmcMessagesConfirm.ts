import * as z from 'zod';
import { defineTopApi } from '../defineTopApi.ts';
import { topBoolean, topMembers } from '../topFields.ts';

const ids = z.lazy(() => z.string().regex(/^\d{1,20}(,\d{1,20}){0,199}$/));

/**
 * Says that messages are done with: up to 200 ids, comma list. `f_message_ids` is deprecated and never sent.
 * Source: https://open.taobao.com/v2/doc (taobao.tmc.messages.confirm), protocol notes, section 9.
 */
export const tmcMessagesConfirm = defineTopApi({
  method: 'taobao.tmc.messages.confirm',
  gateway: 'top',
  session: 'none',
  request: z.lazy(() =>
    z.strictObject({
      group_name: z.string().min(1).max(32).optional(),
      s_message_ids: ids,
      f_message_ids: z.never().optional(),
    }),
  ),
  response: topMembers({ is_success: topBoolean() }),
  outcome: ({ is_success }) =>
    is_success === true ? { ok: true } : { ok: false, code: 'not-confirmed', message: '' },
});
