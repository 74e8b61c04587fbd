import * as z from 'zod';
import { topText } from '../../top/topFields.ts';
import { defineWebhookMethod } from '../defineWebhookMethod.ts';
import { translatePushedLead } from './pushedLeadRecord.ts';

const isFilled = (value: string | undefined) => value !== undefined && value.trim() !== '';

/** Name or phone: a list or object here would be a call that means something else. */
const requiredWord = () =>
  z.union([z.string(), z.number().transform(String)]).refine(isFilled, { error: 'expected a text' });

/**
 * Request of `qimen.tmall.car.leads.synchronize`: Tmall hands over a lead. All fields are documented as
 * String; unknown ones are kept.
 * Source: request table of this Qimen scene.
 */
const carLeadsRequestSchema = z.lazy(() =>
  z.looseObject({
    name: requiredWord(),
    mobile: requiredWord(),
    /** JSON text holding `store_id` and `store_code`. */
    attr: topText().refine(isFilled, { error: 'expected a text' }),
    addr: topText(),
    district_id: topText(),
    brand: topText(),
    /** The car series. */
    line: topText(),
    year: topText(),
    model: topText(),
    /** The document states no unit. */
    price: topText(),
    favorite_brand: topText(),
    price_memo: topText(),
  }),
);
export type CarLeadsRequest = z.output<typeof carLeadsRequestSchema>;

export const carLeadsSynchronize = defineWebhookMethod({
  method: 'qimen.tmall.car.leads.synchronize',
  request: carLeadsRequestSchema,
  // All documented as String.
  answers: {
    success: { success: 'true', msgCode: '{code}', msgDesc: '{message}' },
    failure: { success: 'false', msgCode: '{code}', msgDesc: '{message}' },
  },
  toMessage: (fields, call) => ({ kind: 'lead', lead: translatePushedLead(fields, call) }),
});
