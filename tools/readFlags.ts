import { type ParseArgsConfig, parseArgs } from 'node:util';

/** The flags of a tool; `--help` prints the usage and ends with 0, an unknown flag prints it and ends with 2. */
export function readFlags<const Options extends NonNullable<ParseArgsConfig['options']>>(
  usage: string,
  options: Options,
) {
  if (process.argv.includes('--help')) {
    process.stdout.write(usage);
    process.exit(0);
  }
  try {
    return parseArgs({ options });
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
    process.exit(2);
  }
}
