import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { type CarferryError, configurationError } from '../../lib/core/errors.ts';
import { type Holder, lockFolder } from './folderLock.ts';

/** Where a run gets its orders from; a folder belongs to exactly one origin. */
const originSchema = z.discriminatedUnion('gateway', [
  z.object({
    gateway: z.literal('simulator'),
    seed: z.string(),
    /** Epoch ms at which the invented history ends. */
    anchorAt: z.number(),
    trades: z.number(),
    shops: z.number(),
  }),
  z.object({ gateway: z.literal('real'), appKey: z.string() }),
]);
export type Origin = z.infer<typeof originSchema>;

const stampSchema = z.object({ v: z.literal(1), origin: originSchema, keyFingerprint: z.string() });
export type Stamp = z.infer<typeof stampSchema>;

const runningSchema = z.object({
  pid: z.number(),
  ticks: z.string().optional(),
  enginePid: z.number(),
  engineTicks: z.string().optional(),
  dynamoDbUrl: z.string(),
  sqsUrl: z.string(),
  simulatorUrl: z.string().optional(),
  /** Status page, once it is served. */
  pageUrl: z.string().optional(),
});
/** Addresses of a running system, so that the CLI can attach. */
export type Running = z.infer<typeof runningSchema>;

export type DataFolder = {
  readonly path: string;
  /** As `CARFERRY_DATA_KEY` gives it: 32 bytes in base64. */
  readonly dataKey: string;
  readonly origin: Origin;
  /** The folder held nothing before this run. */
  readonly isNew: boolean;
  writeRunning(running: Running): void;
  /** Gives the folder back. */
  close(): void;
};

/**
 * Opens the folder for a run: lock, sealing key, stamp.
 * @param origin gives the run's origin; is told the folder's one, because a simulated world goes on where it was
 * @throws CarferryError `configuration`: unreadable, in use, or stamped with another origin or key
 */
export async function openDataFolder(
  path: string,
  { origin, dataKey }: { origin: (kept: Origin | undefined) => Origin; dataKey?: string | undefined },
): Promise<DataFolder> {
  orRefuse(path, () => mkdirSync(path, { recursive: true, mode: 0o700 }));
  const lock = await lockFolder(path, { others: () => enginesOf(path) });
  try {
    const kept = readStamp(path);
    if (kept === undefined && existsSync(join(path, 'tables'))) throw stampLost(path);
    const wanted = origin(kept?.origin);
    if (kept !== undefined) refuseOtherOrigin(path, kept.origin, wanted);
    const key = dataKey ?? keptKey(path, kept);
    const stamp: Stamp = { v: 1, origin: wanted, keyFingerprint: fingerprint(key) };
    if (kept === undefined) writeAtomic(join(path, 'stamp.json'), stamp);
    else refuseOtherKey(path, kept, stamp);
    return {
      path,
      dataKey: key,
      origin: wanted,
      isNew: kept === undefined,
      writeRunning: (running) => writeAtomic(join(path, 'engines.json'), running),
      close: () => {
        rmSync(join(path, 'engines.json'), { force: true });
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Where `carferry shops` keeps what it sets; see lib/lambda/sessionsFolder.ts. */
export function shopsFolderOf(path: string): string {
  return join(path, 'shops');
}

/** The stamp of a folder; undefined when it has none. */
export function readStamp(path: string): Stamp | undefined {
  const file = join(path, 'stamp.json');
  return existsSync(file) ? orRefuse(path, () => stampSchema.parse(readJson(file))) : undefined;
}

/** The addresses of the system that runs on this folder, alive or not. */
export function readRunning(path: string): Running | undefined {
  const file = join(path, 'engines.json');
  try {
    return runningSchema.parse(readJson(file));
  } catch {
    return undefined;
  }
}

function enginesOf(path: string): Holder[] {
  const running = readRunning(path);
  return running === undefined ? [] : [{ pid: running.enginePid, ticks: running.engineTicks }];
}

/** The key kept in the folder, or a new one that only the owner may read. */
export function keptKey(path: string, stamp: Stamp | undefined): string {
  const file = join(path, 'data.key');
  return orRefuse(path, () => {
    if (existsSync(file)) return readFileSync(file, 'utf8').trim();
    if (stamp !== undefined) {
      throw configurationError(
        'CARFERRY_DATA_KEY',
        `${path} was sealed with a key given by CARFERRY_DATA_KEY`,
      );
    }
    const key = randomBytes(32).toString('base64');
    writeFileSync(`${file}.new`, key, { mode: 0o600 });
    chmodSync(`${file}.new`, 0o600);
    renameSync(`${file}.new`, file);
    return key;
  });
}

/** Tells keys apart without telling anything about them. */
export function fingerprint(dataKey: string): string {
  return createHash('sha256').update(`carferry data key ${dataKey}`).digest('hex').slice(0, 16);
}

const OTHER_FOLDER = 'choose another folder with --data';

/** @throws CarferryError `configuration` when the folder holds orders of another origin */
export function refuseOtherOrigin(path: string, kept: Origin, wanted: Origin): void {
  if (describe(kept) === describe(wanted)) return;
  const message = `${path} holds data of ${describe(kept)}; this run is for ${describe(wanted)}`;
  throw configurationError('--data', message, OTHER_FOLDER);
}

function refuseOtherKey(path: string, kept: Stamp, wanted: Stamp): void {
  if (kept.keyFingerprint === wanted.keyFingerprint) return;
  const message = `${path} was sealed with another key than the one in CARFERRY_DATA_KEY`;
  throw configurationError('CARFERRY_DATA_KEY', message, OTHER_FOLDER);
}

function describe(origin: Origin): string {
  if (origin.gateway === 'real') return `app ${origin.appKey}`;
  const { seed, anchorAt, trades, shops } = origin;
  const until = new Date(anchorAt).toISOString();
  return `the simulated world '${seed}' (${trades} trades, ${shops} shops, until ${until})`;
}

function orRefuse<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && error.name === 'CarferryError') throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'malformed';
    throw configurationError('--data', `cannot use the data folder ${path}: ${code}`);
  }
}

function readJson(file: string): unknown {
  const document: unknown = JSON.parse(readFileSync(file, 'utf8'));
  return document;
}

function writeAtomic(file: string, document: unknown): void {
  writeFileSync(`${file}.new`, `${JSON.stringify(document)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** Without its stamp nobody can say whose orders a folder holds. */
function stampLost(path: string): CarferryError {
  return configurationError(
    '--data',
    `${path} holds tables but its stamp.json is missing`,
    'restore stamp.json from a backup, or take another folder',
  );
}
