import { invalidParameter, missingArgument } from '../gatewayFailure.ts';
import { type NodeMap, TaggedList } from '../json.ts';
import type { Call, Method } from '../method.ts';
import { breakRow } from '../quirkRows.ts';
import { coin } from '../random.ts';
import { itemDetail } from '../render/itemDetail.ts';

const MOST_IDS = 20;

export const itemInfoMethod: Method = {
  name: 'taobao.tbk.item.info.upgrade.get',
  router: 'rest',
  session: false,
  answer(call) {
    const asked = call.params.get('item_id');
    if (!asked) throw missingArgument('item_id');
    const ids = [...new Set(asked.split(',').map((id) => id.trim()))].filter((id) => id !== '');
    if (ids.length === 0 || ids.length > MOST_IDS) throw invalidParameter('item_id');
    // In an order of their own, never the asked one on purpose.
    ids.sort((one, other) => coin(`${asked}/${one}`) - coin(`${asked}/${other}`));
    const rows = ids.flatMap((id) => {
      const row = find(call, id);
      return row === undefined ? [] : [breakRow(call.quirks, this.name, id, row)];
    });
    return { results: new TaggedList('tbk_item_detail', rows) };
  },
};

function find(call: Call, id: string): NodeMap | undefined {
  const { absentItems, missingItemRate } = call.quirks;
  if (absentItems?.includes(id)) return undefined;
  if (missingItemRate !== undefined) {
    const asked = call.memory.count(`item/${id}`);
    if (coin(`missing/${id}/${asked}`) < missingItemRate) return undefined;
  }
  const found = call.realm.world.items.get(id);
  return found === undefined ? call.realm.sample.item(id) : itemDetail(found.shop, found.item);
}
