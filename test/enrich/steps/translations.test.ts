import { describe, expect, it } from 'vitest';
import { itemSummarySchema } from '../../../lib/domain/itemFacet.ts';
import { translateCar } from '../../../lib/enrich/steps/carRecord.ts';
import { missingItem, translateItem } from '../../../lib/enrich/steps/itemRecord.ts';
import { aliautoTradeCarOrderGet } from '../../../lib/top/apis/aliautoTradeCarOrderGet.ts';
import { tbkItemInfoUpgradeGet } from '../../../lib/top/apis/tbkItemInfoUpgradeGet.ts';
import { shown } from '../../domain/shown.ts';

const OBSERVED_AT = '2026-11-22T10:00:00+08:00';

function car(data: object) {
  const { result } = aliautoTradeCarOrderGet.response.parse({ result: { data: { order_id: '7', ...data } } });
  if (result?.data === undefined) throw new Error('no data');
  return translateCar(result.data, { shop: '测试店', orderId: '7' });
}

function item(row: object) {
  const [read] = tbkItemInfoUpgradeGet.response.parse({ results: [row] }).results;
  if (read?.ok !== true) throw new Error(`unreadable: ${read?.field}`);
  return translateItem(read.value, 'Oqz93kougf9bkN7f4ACMtJ', OBSERVED_AT);
}

describe('translateCar', () => {
  const options = (option_list: unknown) => car({ sub_orders: [{ option_list }] }).subOrders[0];

  it('reads the options without losing a digit', () => {
    const subOrder = options('[{"id":9007199254740993,"title":"测试选装","price":288.50,"colour":"red"}]');

    expect(subOrder?.options).toEqual([
      { optionId: '9007199254740993', title: '测试选装', priceRaw: '288.5', extra: { colour: 'red' } },
    ]);
  });

  it.each(['[]', '', null])('takes %j for no options', (text) => {
    expect(options(text)?.options ?? []).toEqual([]);
    expect(options(text)).not.toHaveProperty('unread');
  });

  it('takes options that came as a list', () => {
    expect(options([{ id: 1, title: '测试选装' }])?.options).toEqual([{ optionId: '1', title: '测试选装' }]);
  });

  it.each(['[{"id":', 'none', '{"id":1}', '[1]'])('keeps unreadable options %j as received', (text) => {
    expect(options(text)).toEqual({ unread: { option_list: text } });
  });

  it('finds item and sku under a sub-order as well', () => {
    const facet = car({ sub_orders: [{ item: { item_id: 5 }, sku: { sku_id: 6 } }] });

    expect(facet.subOrders).toEqual([{ item: { itemId: '5' }, sku: { skuId: '6' } }]);
  });

  it('keeps what the buyer filled in from every print', () => {
    const facet = car({
      buyer_name_collect: '测试甲',
      buyer_identity_collect: '110101199003070000',
      buyer_mobile: '$XjPg1YvV$OcCtwp1yJ7Nw$1$',
      car_delivery: '测试路1号',
      buyer_nick: '测试昵称',
      new_contact: '13900000001',
    });

    expect(JSON.stringify(facet)).not.toMatch(/测试甲|110101|XjPg|测试路|昵称|139/);
    expect(shown(facet)).toMatchObject({
      buyerPhone: { kind: 'phone', clear: '$XjPg1YvV$OcCtwp1yJ7Nw$1$' },
      extra: { new_contact: { clear: '13900000001' } },
    });
  });

  it('keeps an unknown status code without a word', () => {
    expect(car({ pay_status: 77 })).toEqual({
      orderId: '7',
      shop: '测试店',
      payStatusCode: 77,
      subOrders: [],
    });
  });
});

describe('translateItem', () => {
  it('is keyed by the asked id, whatever id TOP answers with', () => {
    expect(item({ item_id: 4_112_264_076_123 })).toEqual({
      itemId: 'Oqz93kougf9bkN7f4ACMtJ',
      upstreamItemId: '4112264076123',
      observedAt: OBSERVED_AT,
    });
  });

  it('keeps text in a number or time field raw and reads the rest', () => {
    const summary = item({
      item_basic_info: { title: '测试车', volume: '100+', is_prepay: 'maybe' },
      price_promotion_info: {
        zk_final_price: '88起',
        reserve_price: '102.00',
        final_promotion_path_list: [{ promotion_fee: '满减', promotion_start_time: '即日起' }],
      },
      presale_info: { presale_deposit: '100', presale_end_time: 1_567_440_000_000 },
    });

    expect(summary).toMatchObject({
      title: '测试车',
      reservePriceFen: 10_200,
      presale: { depositFen: 10_000, endAt: '2019-09-03T00:00:00+08:00' },
      unread: {
        'item_basic_info.volume': '100+',
        'item_basic_info.is_prepay': 'maybe',
        'price_promotion_info.zk_final_price': '88起',
        'price_promotion_info.final_promotion_path_list.0.promotion_fee': '满减',
        'price_promotion_info.final_promotion_path_list.0.promotion_start_time': '即日起',
      },
    });
    expect(itemSummarySchema.safeParse(summary).success).toBe(true);
  });

  it('keeps a member that only a sibling list documents', () => {
    const summary = item({ price_promotion_info: { more_promotion_list: [{ promotion_fee: 5 }] } });

    expect(summary.morePromotions).toEqual([{ extra: { promotion_fee: 5 } }]);
  });

  it('has a form for an item that TOP does not know', () => {
    expect(itemSummarySchema.parse(missingItem('1', OBSERVED_AT))).toEqual({
      itemId: '1',
      missing: true,
      observedAt: OBSERVED_AT,
    });
  });
});
