import * as z from 'zod';
import { withoutAbsent } from '../../domain/absent.ts';
import type { CarFacet, CarOption, CarSubOrder, ClearCarSubOrder } from '../../domain/carFacet.ts';
import { collectExtra } from '../../domain/drift.ts';
import { lenientReader, textOf } from '../../domain/fieldReader.ts';
import { Clear, type PersonalKind } from '../../domain/personal.ts';
import { CAR_PAY_STATUS, CAR_REFUND_STATUS, wordFor } from '../../domain/statuses.ts';
import {
  type CarOrderDetail,
  carItemShape,
  carPayOrderShape,
  carSkuShape,
  carStageShape,
  carSubOrderShape,
} from '../../top/apis/aliautoTradeCarOrderGet.ts';
import { parseLossless } from '../../top/losslessJson.ts';
import { topText } from '../../top/topFields.ts';

const optionShape = { id: topText(), title: topText(), price: topText(), imgUrl: topText() };
const optionList = z.lazy(() => z.array(z.looseObject(optionShape)));

/** Personal text; empty text is absent. Plain, masked and the platform's cipher text are all taken. */
export function clearOf(kind: PersonalKind, text: string | undefined): Clear | undefined {
  const value = textOf(text);
  return value === undefined ? undefined : new Clear(kind, value);
}

/** The chosen options from their JSON text; `undefined` when the text is not such a list. */
function readOptions(json: string): CarOption[] | undefined {
  let parsed: unknown;
  try {
    parsed = parseLossless(json);
  } catch {
    return undefined;
  }
  const options = optionList.safeParse(parsed);
  return options.data?.map((option) =>
    withoutAbsent({
      optionId: textOf(option.id),
      title: textOf(option.title),
      priceRaw: textOf(option.price),
      imageUrl: textOf(option.imgUrl),
      extra: collectExtra(option, Object.keys(optionShape)),
    }),
  );
}

export function translateCarItem(item: CarOrderDetail['item']): CarFacet['item'] {
  return item === undefined
    ? undefined
    : withoutAbsent({
        itemId: textOf(item.item_id),
        title: textOf(item.item_title),
        pictureUrl: textOf(item.item_pict_url),
        extra: collectExtra(item, Object.keys(carItemShape)),
      });
}

export function translateCarSku(sku: CarOrderDetail['sku']): CarFacet['sku'] {
  return sku === undefined
    ? undefined
    : withoutAbsent({
        skuId: textOf(sku.sku_id),
        outerId: textOf(sku.outer_id),
        skuInfo: textOf(sku.sku_info),
        extra: collectExtra(sku, Object.keys(carSkuShape)),
      });
}

/** The payment and its stages; their status list is not documented and taken to be the order's. */
export function translatePayment(pay: CarOrderDetail['pay_order']): CarFacet['payment'] {
  return pay === undefined
    ? undefined
    : withoutAbsent({
        payOrderId: textOf(pay.pay_order_id),
        totalFen: pay.total_fee,
        actualTotalFen: pay.actual_total_fee,
        payStatusCode: pay.pay_status,
        payStatus: wordFor(CAR_PAY_STATUS, pay.pay_status),
        stages: pay.sub_pay_orders.map((stage) =>
          withoutAbsent({
            stageNo: stage.step_no,
            stageName: textOf(stage.step_name),
            payFen: stage.pay_fee,
            actualPayFen: stage.actual_pay_fee,
            payStatusCode: stage.pay_status,
            payStatus: wordFor(CAR_PAY_STATUS, stage.pay_status),
            subPayOrderId: textOf(stage.sub_pay_order_id),
            extra: collectExtra(stage, Object.keys(carStageShape)),
          }),
        ),
        extra: collectExtra(pay, Object.keys(carPayOrderShape)),
      });
}

export function translateCarSubOrder(row: CarOrderDetail['sub_orders'][number]): ClearCarSubOrder {
  const loose = lenientReader();
  const consumedAt = loose.at('consume_time', row.consume_time);
  const optionText = textOf(row.option_list);
  const options: CarSubOrder['options'] = optionText === undefined ? undefined : readOptions(optionText);
  if (optionText !== undefined && options === undefined) loose.keep('option_list', optionText);
  return withoutAbsent({
    subOrderId: row.order_id,
    sellerNick: textOf(row.seller_nick),
    buyerNick: clearOf('nick', row.buyer_nick),
    actualPaidFen: row.actual_paid_fee,
    payStatusCode: row.pay_status,
    payStatus: wordFor(CAR_PAY_STATUS, row.pay_status),
    refundStatusCode: row.refund_status,
    refundStatus: wordFor(CAR_REFUND_STATUS, row.refund_status),
    bookedStoreId: textOf(row.et_shop_id),
    bookedStoreName: textOf(row.et_shop_name),
    consumeStoreId: textOf(row.consume_shop_id),
    consumeStoreName: textOf(row.consume_shop_name),
    consumedAt,
    sellerDefinitionField: textOf(row.seller_definition_field),
    options,
    item: translateCarItem(row.item),
    sku: translateCarSku(row.sku),
    unread: loose.unread(),
    extra: collectExtra(row, Object.keys(carSubOrderShape)),
  });
}
