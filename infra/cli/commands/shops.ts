import { type Command, InvalidArgumentError } from 'commander';
import { toIso } from '../../../lib/domain/chinaTime.ts';
import { ruledTable } from '../../local/terminal/tables.ts';
import { type DataFlags, say, withDataOption, withExamples, write, writeJson } from '../command.ts';
import { withRegistry } from '../openRegistry.ts';
import { readSecret } from '../readSecret.ts';
import { addShop, type ListedShop, listShops, removeShop, setSession } from '../shops.ts';

type Expires = { readonly expires?: string };
type Facts = { readonly types?: string[]; readonly carCids?: string[] };

/** `carferry shops`: whose orders are ferried, and with which session. */
export function addShops(program: Command): void {
  const group = program
    .command('shops')
    .description('whose orders are ferried, and how long their sessions last');
  withExamples(group, ['shops list', 'shops add 我在测试', 'shops set-session 我在测试']);
  const list = group
    .command('list')
    .description('every shop, where its session comes from and how many days it has left')
    .option('--json', 'as JSON')
    .action((flags: DataFlags & { readonly json?: boolean }) =>
      withRegistry(flags, process.env, async (open) => {
        const shops = await listShops(open, Date.now());
        await (flags.json ? writeJson(shops) : write(printShops(shops)));
      }),
    );
  withExamples(withDataOption(list), ['shops list', 'shops list --stage dev --region cn-north-1']);

  const add = group
    .command('add')
    .description('ferries the orders of one more seller; its session is typed without echo or piped in')
    .argument('<shop>', 'nick of the seller')
    .option('--expires <when>', 'when the session ends: a day or an ISO time', readExpiry)
    .option('--types <list>', 'only these types of trades, comma list', readList)
    .option('--car-cids <list>', 'ids of the categories that are cars, comma list', readIds)
    .action((shop: string, flags: DataFlags & Expires & Facts) =>
      withRegistry(flags, process.env, async (open) => {
        const { types, carCids, expires: expiresAt } = flags;
        await addShop(open, shop, await readSecret('session'), { types, carCids, expiresAt });
        say(`${shop} is added${untilWords(expiresAt)}; ${open.registry.takenUp}`);
      }),
    );
  withExamples(withDataOption(add), [
    'shops add 我在测试 --expires 2027-11-22',
    'shops add 我在测试 --stage dev --region cn-north-1 < session.txt',
  ]);

  const set = group
    .command('set-session')
    .description('gives a shop a new session; what waited for it goes on by itself')
    .argument('<shop>', 'nick of the seller')
    .option('--expires <when>', 'when the session ends: a day or an ISO time', readExpiry)
    .action((shop: string, flags: DataFlags & Expires) =>
      withRegistry(flags, process.env, async (open) => {
        const { expires: expiresAt } = flags;
        await setSession(open, shop, await readSecret('session'), { expiresAt });
        say(`${shop} has a new session${untilWords(expiresAt)}; ${open.registry.takenUp}`);
      }),
    );
  withExamples(withDataOption(set), [
    'shops set-session 我在测试 --expires 2027-11-22',
    'shops set-session 我在测试 --stage dev --region cn-north-1 < session.txt',
  ]);

  const remove = group
    .command('remove')
    .description('ferries the orders of this seller no longer; what the tables hold of it stays')
    .argument('<shop>', 'nick of the seller')
    .action((shop: string, flags: DataFlags) =>
      withRegistry(flags, process.env, async (open) => {
        await removeShop(open, shop);
        say(`${shop} is removed; ${open.registry.takenUp}`);
      }),
    );
  withExamples(withDataOption(remove), ['shops remove 我在测试']);
}

function printShops(shops: readonly ListedShop[]): string {
  if (shops.length === 0) return 'no shop is known here; npm start notes those of CARFERRY_SHOPS\n';
  const day = (iso: string | undefined): string => iso?.slice(0, 16).replace('T', ' ') ?? '';
  const rows = shops.map(({ sellerNick, from, setAt, expiresAt, daysLeft }) => [
    sellerNick,
    from === 'shops' ? 'carferry shops' : from,
    day(setAt),
    day(expiresAt) || 'unknown',
    daysLeft === undefined ? '' : daysLeft <= 0 ? 'ended' : daysLeft,
  ]);
  return `${ruledTable(['shop', 'session from', 'set', 'ends', 'days left'], rows)}\n`;
}

function untilWords(expiresAt: string | undefined): string {
  return expiresAt === undefined ? '' : `, good until ${expiresAt.slice(0, 16).replace('T', ' ')}`;
}

/** A day ends in Beijing. */
function readExpiry(text: string): string {
  const at = Date.parse(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T23:59:59+08:00` : text);
  const isTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(text);
  if (!isTime || Number.isNaN(at))
    throw new InvalidArgumentError('expected 2027-11-22 or an ISO time with offset.');
  return toIso(at);
}

function readList(text: string): string[] {
  const parts = text.split(',').map((part) => part.trim());
  if (parts.includes('')) throw new InvalidArgumentError('expected words separated by commas.');
  return parts;
}

function readIds(text: string): string[] {
  const ids = readList(text);
  if (ids.some((id) => !/^\d+$/.test(id)))
    throw new InvalidArgumentError('expected ids separated by commas.');
  return ids;
}
