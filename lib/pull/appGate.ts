import { CarferryError } from '../core/errors.ts';
import type { TopClient } from '../top/topClient.ts';

type Caller = Pick<TopClient, 'call'>;

/**
 * The calls of one run. The first one goes alone: when it says that the whole app is refused (wrong secret,
 * wrong app key), no other is made. Later such refusals end the run's calls as well.
 */
export function createAppGate(top: Caller): Caller {
  let refusal: CarferryError | undefined;
  let first: Promise<unknown> | undefined;

  async function noted<Reply>(call: () => Promise<Reply>): Promise<Reply> {
    try {
      return await call();
    } catch (thrown) {
      if (thrown instanceof CarferryError && thrown.disposition === 'halt' && thrown.scope === 'app') {
        refusal = thrown;
      }
      throw thrown;
    }
  }

  return {
    call: async (api, params, options) => {
      if (first === undefined) {
        const reply = noted(() => top.call(api, params, options));
        first = reply.catch(() => undefined);
        return await reply;
      }
      await first;
      if (refusal !== undefined) throw refusal;
      return await noted(() => top.call(api, params, options));
    },
  };
}
