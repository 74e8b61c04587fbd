import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { CRM_TRADE_FIELDS, CRM_TRADE_TYPES } from '../../../lib/top/apis/crmTradesInfoCreate.ts';
import { DOCUMENTS, readFixture } from './documents.ts';
import { schemaPaths } from './schemaPaths.ts';

const fieldList = z.object({ request: z.array(z.string()), response: z.array(z.string()) });

/** The table puts the sub-order's item and sku under the order, its text under the sub-order: both are read. */
const READ_IN_TWO_PLACES = /^result\.data\.sub_orders\[\]\.(item|sku)(\.|$)/;

describe.each(DOCUMENTS)('$api.method', ({ api, rows }) => {
  const documented = fieldList.parse(JSON.parse(readFixture(`apis/${api.method}.fields.json`)));

  it('declares every documented request parameter and no other', () => {
    const declared = schemaPaths(api.request);

    expect(declared.sort()).toEqual([...documented.request].sort());
  });

  it('declares every documented response field and no other', () => {
    const declared = schemaPaths(api.response, rows).filter((path) => !READ_IN_TWO_PLACES.test(path));

    expect(declared.sort()).toEqual([...documented.response].sort());
  });
});

describe('the trade listing', () => {
  it('asks for every documented name of the trade and its parts', () => {
    const { response } = fieldList.parse(
      JSON.parse(readFixture('apis/qimen.taobao.crm.trades.info.create.fields.json')),
    );
    const names = response
      .filter((path) => path.startsWith('trades[].'))
      .map((path) => path.replaceAll('[]', '').split('.').at(-1));

    expect([...CRM_TRADE_FIELDS].sort()).toEqual([...new Set(names)].sort());
    expect(CRM_TRADE_FIELDS.length).toBeLessThanOrEqual(999);
  });

  it('asks for every documented trade type, the silently omitted ones included', () => {
    expect(CRM_TRADE_TYPES).toHaveLength(17);
    expect(CRM_TRADE_TYPES).toEqual(expect.arrayContaining(['step', 'nopaid', 'pre_auth_type', 'fixed']));
  });
});
