import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';

/**
 * Makes a client lose replies: for the next `times` commands of these names the server does its work and the
 * caller sees a time-out. `attempts` counts the requests that really went out.
 */
export function loseReplies(client: DynamoDBClient, commandNames: readonly string[], times = 1) {
  const state = { left: times, attempts: 0 };
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const isNamed = commandNames.includes(String(context.commandName));
      if (isNamed) state.attempts += 1;
      const result = await next(args);
      if (isNamed && state.left > 0) {
        state.left -= 1;
        throw Object.assign(new Error('the reply was lost'), { name: 'TimeoutError' });
      }
      return result;
    },
    // Below the SDK's own retries, so that with several attempts it repeats the command by itself.
    { step: 'finalizeRequest', priority: 'low', name: 'loseReplies' },
  );
  return state;
}

/** Makes queries and scans answer at most `limit` items a page; counts the pages. */
export function limitPages(client: DynamoDBClient, limit: number) {
  const state = { count: 0 };
  client.middlewareStack.add(
    (next, context) => async (args) => {
      if (!/^(Query|Scan)Command$/.test(String(context.commandName))) return next(args);
      state.count += 1;
      return next({ ...args, input: { ...args.input, Limit: limit } });
    },
    { step: 'initialize', name: 'limitPages' },
  );
  return state;
}
