import * as z from 'zod';
import { defineTopApi } from '../defineTopApi.ts';
import { topBoolean, topMembers } from '../topFields.ts';

/**
 * Lets the messages of the session's seller flow. Without `topics`, as recommended, all topics of the app;
 * with it (at most 100) only those, replacing what was permitted before.
 * Source: https://open.taobao.com/v2/doc (taobao.tmc.user.permit), protocol notes, section 9.
 */
export const tmcUserPermit = defineTopApi({
  method: 'taobao.tmc.user.permit',
  gateway: 'top',
  session: 'required',
  request: z.lazy(() => z.strictObject({ topics: z.string().min(1).optional() })),
  response: topMembers({ is_success: topBoolean() }),
  outcome: ({ is_success }) =>
    is_success === true ? { ok: true } : { ok: false, code: 'not-permitted', message: '' },
});
