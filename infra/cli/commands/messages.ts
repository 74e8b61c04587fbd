import type { Command } from 'commander';
import { say, withExamples, write } from '../command.ts';
import { permitSellers } from '../permitSellers.ts';

type PermitFlags = { readonly shop?: string; readonly topics?: string };

/** `carferry messages permit`: the platform's side of `PULL_MESSAGES=on`. */
export function addMessages(program: Command): void {
  const messages = program
    .command('messages')
    .description("the platform's messages about changed orders (see docs/consistency.md)");
  withExamples(messages, ['messages permit']);
  const permit = messages
    .command('permit')
    .description(
      'lets the messages of the sellers in CARFERRY_SHOPS flow; once, and after a new authorisation',
    )
    .option('--shop <sellerNick>', 'only this seller')
    .option('--topics <list>', 'only these topics, comma list; replaces what was permitted before')
    .action(async (flags: PermitFlags) => {
      const permissions = await permitSellers(process.env, flags);
      for (const { shop, refused } of permissions) {
        const hint = refused?.hint === undefined ? '' : ` (${refused.hint})`;
        await write(
          refused === undefined ? `${shop}: permitted\n` : `${shop}: refused, ${refused.reason}${hint}\n`,
        );
      }
      const count = permissions.filter(({ refused }) => refused !== undefined).length;
      if (count > 0) throw new Error(`${count} of ${permissions.length} sellers refused`);
      say('messages flow; start carferry with PULL_MESSAGES=on');
    });
  withExamples(permit, ['messages permit', 'messages permit --shop 我在测试']);
}
