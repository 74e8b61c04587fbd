import { type Command, InvalidArgumentError } from 'commander';
import { changedAppSecret, withAppSecret } from '../appSecrets.ts';
import { say, withExamples } from '../command.ts';
import { readSecret } from '../readSecret.ts';

type AppFlags = {
  readonly stage: string;
  readonly region?: string;
  readonly callee?: boolean;
  readonly overlap: number;
};

/** `carferry app set-secret`: the app's secret of a stage; the local run has it in its environment. */
export function addApp(program: Command): void {
  const group = program.command('app').description("the app's secrets of a stage on AWS");
  withExamples(group, ['app set-secret --stage dev --region cn-north-1']);
  const set = group
    .command('set-secret')
    .description('stores or changes the app secret; it is typed without echo or piped in')
    .requiredOption('--stage <stage>', 'the stage')
    .option('--region <region>', 'region of the stage (default: AWS_REGION)')
    .option('--callee', "the secret of the webhook's callers, where it is not the app secret")
    .option('--overlap <hours>', 'how long the webhook accepts the former secret as well', readHours, 24)
    .action((flags: AppFlags) =>
      withAppSecret(flags, process.env, async (app) => {
        await app.read();
        const given = await readSecret('secret');
        const options = {
          callee: flags.callee === true,
          overlapMs: flags.overlap * 3_600_000,
          now: Date.now(),
        };
        await app.change((present) => changedAppSecret(present, given, options));
        say('stored; functions take it up within five minutes');
      }),
    );
  withExamples(set, [
    'app set-secret --stage dev --region cn-north-1',
    'app set-secret --stage dev --region cn-north-1 --overlap 48 < secret.txt',
  ]);
}

function readHours(text: string): number {
  const hours = Number(text);
  if (hours >= 0 && hours <= 168) return hours;
  throw new InvalidArgumentError('expected hours from 0 to 168.');
}
