import { describe, expect, it } from 'vitest';
import { shown } from '../../domain/shown.ts';
import { DOCUMENTS, sampleReply } from './documents.ts';
import { mapScalars } from './replyVariants.ts';
import { translateReply } from './translateReply.ts';

/** Fields of the envelope: they decide about outcome and paging and belong to no record. */
const ENVELOPE =
  /^(\.\w+_response)?(\.result)?\.(total_results|has_next|page_no|page_size|success|errcode|errmsg|cursor_id|result_success|msg_info|msg_code)$/;

/** Another legal value of the same kind, unlike every other value of the samples. */
function another(value: unknown, path: string): unknown {
  if (typeof value === 'boolean') return !value;
  if (path.endsWith('is_attr_by_others') || path.endsWith('is_ad_order')) return value === 0 ? 1 : 0;
  if (path.endsWith('is_idle')) return '0';
  if (path.endsWith('option_list')) return '[{"id":71717,"title":"测试选装","price":"7.17","imgUrl":"x"}]';
  if (path.endsWith('trades.trade[0].seller_rate')) return 'false';
  if (typeof value === 'number') return value > 1e11 ? value - 71_717_000 : 71_717;
  if (typeof value !== 'string') return value;
  if (/^\d{13}$/.test(value)) return String(Number(value) - 71_717_000);
  if (/^\d{4}-\d{2}-\d{2}/.test(value)) return '2025-07-17 17:17:17';
  if (/^\d+$/.test(value)) return '71717';
  if (/^\d+\.\d+$/.test(value)) return '717.17';
  return '测试值-71717';
}

describe.each(DOCUMENTS)('a record made from $api.method', ({ api: { method } }) => {
  // An ad line's payment and refund times have a meaning from the refund on only.
  const sample = mapScalars(sampleReply(method), (value, path) =>
    path.endsWith('.order_status') && value === 1 ? 3 : value,
  );
  const translate = (body: unknown) => JSON.stringify(shown(translateReply[method]?.(body)));
  const original = translate(sample);
  const paths: string[] = [];
  mapScalars(sample, (value, path) => {
    if (!ENVELOPE.test(path)) paths.push(path);
    return value;
  });

  it.each(paths)('holds %s', (changed) => {
    const variant = mapScalars(sample, (value, path) => (path === changed ? another(value, path) : value));

    expect(translate(variant)).not.toBe(original);
  });
});
