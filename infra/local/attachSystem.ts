import { configurationError } from '../../lib/core/errors.ts';
import { fingerprint, keptKey, readRunning, readStamp, refuseOtherOrigin } from './dataFolder.ts';
import { type EngineProcess, simulatorSchema } from './engineProcess.ts';
import { whenEnded } from './processes.ts';
import { completeSystem, originOf, type System, type SystemOptions } from './system.ts';
import { readTemplate } from './template.ts';

/**
 * The functions of this process at work on the tables and queues of a system that runs on the folder already. Its
 * consumers take what is put into the queues here; its leases stay, and `close` ends nothing of it.
 * @throws CarferryError `configuration`: nothing runs there, or it runs for another origin or key
 */
export async function attachSystem({
  settings,
  data,
  environment,
}: SystemOptions & { readonly data: string }): Promise<System> {
  const running = readRunning(data);
  const stamp = readStamp(data);
  if (running === undefined || stamp === undefined) {
    throw configurationError('--data', `no system runs on ${data}`);
  }
  const origin = originOf(settings, stamp.origin);
  refuseOtherOrigin(data, stamp.origin, origin);
  const dataKey = settings.dataKey ?? keptKey(data, stamp);
  if (fingerprint(dataKey) !== stamp.keyFingerprint) {
    throw configurationError('CARFERRY_DATA_KEY', `CARFERRY_DATA_KEY is not the key that sealed ${data}`);
  }
  const { simulatorUrl } = running;
  const simulator =
    settings.gateway !== undefined || simulatorUrl === undefined
      ? undefined
      : await simulatorAt(simulatorUrl);
  const { dynamoDbUrl, sqsUrl, enginePid: pid, engineTicks: ticks } = running;
  const ended = whenEnded(pid, ticks);
  const engines = { dynamoDbUrl, sqsUrl, simulator, pid, ticks, ended, stop: async () => {} };
  const folder = { path: data, dataKey, origin, isNew: false, writeRunning: () => {}, close: () => {} };
  const wiring = readTemplate();
  return await completeSystem({ wiring, settings, folder, engines, origin, environment, isAttached: true });
}

/** What the simulator of another process tells of itself. */
async function simulatorAt(url: string): Promise<NonNullable<EngineProcess['simulator']>> {
  const reply = await fetch(`${url}/_sim/info`);
  const info: unknown = await reply.json();
  return simulatorSchema.parse({
    ...Object(info),
    url,
    topUrl: `${url}/router/rest`,
    qimenUrl: `${url}/router/qm`,
  });
}
