import { type GatewayFailure, qimenFailure, topFailure } from './gatewayFailure.ts';
import { type ListStyle, type NodeMap, writeJson } from './json.ts';
import type { Method } from './method.ts';
import { coin } from './random.ts';
import { writeXml } from './xml.ts';

export type ReplyStyle = { router: Method['router']; format: string; simplify: boolean; requestId: string };

/** `taobao.tbk.item.get` → `tbk_item_get_response`; other prefixes stay. */
export function rootOf(method: string): string {
  return `${method.replace(/^taobao\./, '').replaceAll('.', '_')}_response`;
}

/** A success in one of the shapes seen in public; which one, the request id decides. */
export function writeSuccess(method: string, body: NodeMap, style: ReplyStyle): string {
  const full = { ...body, request_id: style.requestId };
  if (style.format === 'xml') return writeXml(rootOf(method), full);
  const lists = listStyle(style);
  const rootless = style.router === 'qm' || (style.simplify && coin(`${style.requestId}/root`) < 0.5);
  return writeJson(rootless ? full : { [rootOf(method)]: full }, lists) ?? '{}';
}

function listStyle({ router, simplify, requestId }: ReplyStyle): ListStyle {
  const draw = coin(`${requestId}/empty`);
  const flat = router === 'qm' ? coin(`${requestId}/lists`) < 0.5 : simplify;
  return {
    lists: flat ? 'flat' : 'wrapped',
    empty: draw < 0.34 ? 'absent' : draw < 0.67 ? 'object' : 'array',
  };
}

export function writeFailure(failure: GatewayFailure, style: ReplyStyle): string {
  const [root, body] =
    style.router === 'qm'
      ? ['response', qimenFailure(failure, style.requestId)]
      : ['error_response', topFailure(failure, style.requestId)];
  if (style.format === 'xml') return writeXml(String(root), body);
  return writeJson({ [String(root)]: body }, { lists: 'flat', empty: 'array' }) ?? '{}';
}
