import { runLimiter } from './limiterRun.ts';

/*
 * `npm run test:limiter`: 20 processes against the simulator's limit, then the same with a ban. Exit code 1 when a
 * second went over the limit, a call came later than a second after the first process had heard of the ban, or less
 * than 85 % of the allowance was used.
 */
const PROCESSES = 20;
const LIMIT = 50;
/** Timers this late on average leave no process the time to use its slots. */
const BUSY_MS = 15;

const say = (line: string): boolean => process.stdout.write(`${line}\n`);
let failed = 0;

function judge(isKept: boolean, what: string): void {
  say(`${isKept ? 'ok  ' : 'FAIL'} ${what}`);
  if (!isKept) failed += 1;
}

for (const ban of [undefined, { afterSeconds: 6, seconds: 4 }]) {
  const plan = { limit: LIMIT, processes: { live: PROCESSES }, callers: 3, seconds: 20 };
  const result = await runLimiter({ ...plan, ...(ban && { ban }) });
  const { mostInASecond, latestAfterBan, used, timersLateMs } = result;
  say(`${PROCESSES} processes, ${LIMIT} calls a second allowed${ban ? `, banned for ${ban.seconds} s` : ''}`);
  judge(mostInASecond <= LIMIT, `most calls in a second of the gateway's clock: ${mostInASecond}`);
  if (ban) {
    judge(latestAfterBan <= 1000, `latest call after the ban was first heard of: ${latestAfterBan} ms`);
    judge((result.outcomes['code 7 late'] ?? 0) === 0, 'the gateway saw no call after its mercy');
  }
  judge(used >= 0.85, `used of the allowance: ${(used * 100).toFixed(1)} %`);
  if (timersLateMs > BUSY_MS)
    say(`     this machine is too busy to judge use: timers are ${timersLateMs} ms late`);
}
process.exitCode = failed === 0 ? 0 : 1;
