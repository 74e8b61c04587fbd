import { type Command, Option } from 'commander';
import { configurationError } from '../../lib/core/errors.ts';
import type { Opener } from './documents.ts';
import { type OpenData, openData } from './openData.ts';
import { openStage } from './openStage.ts';
import { beginUnsealing, unsealReason } from './unseal.ts';

/** What the commands share: the folder or stage, the way to stdout, the way to personal data. */
export type DataFlags = { readonly data: string; readonly stage?: string; readonly region?: string };
export type UnsealFlags = DataFlags & { readonly unseal?: string };

export function withDataOption(command: Command): Command {
  return command
    .option('--data <dir>', 'data folder of npm start', '.carferry')
    .addOption(new Option('--stage <stage>', 'a stage on AWS instead of a folder').conflicts('data'))
    .option('--region <region>', 'region of the stage (default: AWS_REGION)');
}

export function unsealOption(): Option {
  return new Option(
    '--unseal <reason>',
    'show personal data in clear; needs the key (folder or CARFERRY_DATA_KEY); who, when and why is logged',
  ).argParser(unsealReason);
}

/** Examples below the help of a command. */
export function withExamples(command: Command, examples: readonly string[]): Command {
  const lines = examples.map((example) => `  npm run -s carferry -- ${example}`);
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n')}\n`);
}

/** Opens the folder, or the stage when one is named, works, closes it whatever happens. */
export async function withData<T>(flags: DataFlags, work: (data: OpenData) => Promise<T>): Promise<T> {
  const { stage, region } = flags;
  if (stage === undefined && region !== undefined) {
    throw configurationError('--region', '--region belongs to --stage', 'name the stage: --stage dev');
  }
  const data =
    stage === undefined
      ? await openData(flags.data, process.env)
      : await openStage({ stage, region }, process.env);
  try {
    return await work(data);
  } finally {
    await data.close();
  }
}

/** Works with an opener when a reason was given; its end is noted whatever happens. */
export async function withOpener(
  flags: UnsealFlags,
  command: string,
  data: OpenData,
  work: (opener: Opener | undefined) => Promise<void>,
): Promise<void> {
  if (flags.unseal === undefined) return await work(undefined);
  const keys = data.keys();
  const unsealing = beginUnsealing(flags, { command, reason: flags.unseal }, say);
  try {
    await work({ keys, unsealing });
  } finally {
    unsealing.end();
  }
}

export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Waits for the reader, so that an export of any size stays small in memory. */
export function write(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
  });
}

export function writeJson(document: unknown): Promise<void> {
  return write(`${JSON.stringify(document, null, 2)}\n`);
}
