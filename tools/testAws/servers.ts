import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { jarFolder, pythonFolder } from './cache.ts';

/** A server of another maker on loopback. */
export type Server = { readonly url: string; stop(): Promise<void> };

/** A Java server on a loaded machine takes its time. */
const START_MS = 90_000;

/** AWS's own DynamoDB Local, in memory. */
export async function startDynamoDbLocal(): Promise<Server> {
  const folder = jarFolder('dynamoDbLocal');
  const main = 'com.amazonaws.services.dynamodbv2.local.main.ServerRunner';
  const java = ['-Xmx512m', `-Djava.library.path=${folder}`, '-cp', join(folder, '*'), main];
  return await start((port) => [
    'java',
    [...java, '-inMemory', '-sharedDb', '-disableTelemetry', '-port', String(port)],
  ]);
}

/** ElasticMQ, an SQS server on the JVM, with SQS's own limits. */
export async function startElasticMq(): Promise<Server> {
  const folder = jarFolder('elasticMq');
  const file = join(import.meta.dirname, 'elasticMq.conf');
  const java = ['-Xmx512m', `-Dconfig.file=${file}`, '-cp', join(folder, '*'), 'org.elasticmq.server.Main'];
  return await start(() => ['java', java]);
}

/** moto's server: the APIs that a deployment calls. */
export async function startMoto(): Promise<Server> {
  const python = join(pythonFolder(), 'bin/python');
  const program = join(import.meta.dirname, 'motoServer.py');
  return await start((port) => [python, [program, String(port)]]);
}

async function start(
  command: (port: number) => readonly [program: string, args: readonly string[]],
): Promise<Server> {
  const port = await freePort();
  const [program, args] = command(port);
  const child = spawn(program, args, {
    stdio: 'ignore',
    env: { ...process.env, CARFERRY_PORT: String(port) },
  });
  const url = `http://127.0.0.1:${port}`;
  try {
    await answers(url, child);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  return { url, stop: () => stop(child) };
}

async function answers(url: string, child: ChildProcess): Promise<void> {
  const until = Date.now() + START_MS;
  while (Date.now() < until) {
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended at once`);
    const reply = await fetch(url, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
    if (reply !== undefined) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error(`${child.spawnfile} does not answer on ${url}`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}

/** A port that was free a moment ago; these servers cannot choose one themselves. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address !== null
          ? resolve(address.port)
          : reject(new Error('no free port')),
      );
    });
  });
}
