import { type GatewayFailure, qimenFailure, topFailure } from './gatewayFailure.ts';
import { type ListStyle, type NodeMap, writeJson } from './json.ts';
import type { Method } from './method.ts';
import type { Quirks } from './quirks.ts';
import { at, coin, hash32 } from './random.ts';
import { writeXml } from './xml.ts';

export type ReplyStyle = {
  router: Method['router'];
  format: string;
  simplify: boolean;
  requestId: string;
  /** Overrules what the request id would decide. */
  shape?: Quirks['shape'];
};

/** `taobao.tbk.item.get` → `tbk_item_get_response`; other prefixes stay. */
function rootOf(method: string): string {
  return `${method.replace(/^taobao\./, '').replaceAll('.', '_')}_response`;
}

/** A success in one of the shapes seen in public; which one, the request id decides. */
export function writeSuccess(method: string, body: NodeMap, style: ReplyStyle): string {
  const full = { ...body, request_id: style.requestId };
  if (style.format === 'xml') return writeXml(rootOf(method), full);
  const lists = listStyle(style);
  const root = style.shape?.root;
  const removed = root === undefined ? coin(`${style.requestId}/root`) < 0.5 : root === 'removed';
  const rootless = style.router === 'qm' || (style.simplify && removed);
  return writeJson(rootless ? full : { [rootOf(method)]: full }, lists) ?? '{}';
}

function listStyle({ router, simplify, requestId, shape = {} }: ReplyStyle): ListStyle {
  const draw = coin(`${requestId}/empty`);
  const flat = router === 'qm' ? coin(`${requestId}/lists`) < 0.5 : simplify;
  const { scalars = 'typed' } = shape;
  return {
    lists: shape.lists ?? (flat ? 'flat' : 'wrapped'),
    empty: shape.empty ?? (draw < 0.34 ? 'absent' : draw < 0.67 ? 'object' : 'array'),
    scalars:
      scalars === 'vary' ? at(['typed', 'text', 'digits'] as const, hash32(`${requestId}/scalars`)) : scalars,
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
