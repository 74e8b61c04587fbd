import * as z from 'zod';
import type { TopApiDefinition, TopRequest, TopResponse } from '../../lib/top/defineTopApi.ts';
import type { TopCallOptions, TopClient } from '../../lib/top/topClient.ts';

export type AskedCall = {
  readonly method: string;
  readonly params: unknown;
  readonly options: TopCallOptions | undefined;
};

/** A client whose raw replies come from `answer` and pass the API's own response schema, as in life. */
export function fakeTop(
  answer: (call: AskedCall) => unknown,
): Pick<TopClient, 'call'> & { calls: AskedCall[] } {
  const calls: AskedCall[] = [];
  return {
    calls,
    call: async <Api extends TopApiDefinition>(
      api: Api,
      params: TopRequest<Api>,
      options?: TopCallOptions,
    ): Promise<TopResponse<Api>> => {
      const call = { method: api.method, params, options };
      calls.push(call);
      return z.parse<Api['response']>(api.response, await answer(call));
    },
  };
}
