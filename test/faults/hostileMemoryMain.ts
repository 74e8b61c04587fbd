import { APIS, endingOf, hostileClient } from './hostileBench.ts';

/*
 * Run by hostileMemory.test.ts in a process of its own: calls every API again and again at the address it is given
 * and prints how much memory the worst moment took beyond the first call, in MiB.
 */

const [url = '', rounds = '1'] = process.argv.slice(2);
const client = hostileClient(url);
const peakMb = (): number => process.resourceUsage().maxRSS / 1024;

await Promise.all(APIS.map((api) => endingOf(api.call(client, { session: 's' }))));
const before = peakMb();
const reasons = new Set<string>();
for (let round = 0; round < Number(rounds); round += 1) {
  const endings = await Promise.all(APIS.map((api) => endingOf(api.call(client, { session: 's' }))));
  for (const ending of endings) reasons.add(ending.kind === 'error' ? ending.error.reason : ending.kind);
}
await client.close();
process.stdout.write(JSON.stringify({ grownMb: peakMb() - before, reasons: [...reasons] }));
