import type { Simulator } from '../../infra/local/simulator/simulator.ts';

/** The environment of a run that works against this simulator as against a real gateway. */
export function simulatorEnvironment({ topUrl, qimenUrl, info }: Simulator): Record<string, string> {
  return {
    TOP_GATEWAY_URL: topUrl,
    QIMEN_GATEWAY_URL: qimenUrl,
    TOP_APP_KEY: info.appKey,
    TOP_APP_SECRET: info.appSecret,
    QIMEN_TARGET_APP_KEY: info.targetAppKey,
    CARFERRY_SHOPS: JSON.stringify(info.shops),
    CARFERRY_RATE: '1000',
    SETTLE_SECONDS: '1',
  };
}
