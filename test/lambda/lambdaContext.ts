import type { Context } from 'aws-lambda';

/** A Lambda context with `remainingMs` to go, counted from now. */
export function lambdaContext(remainingMs = 60_000, requestId = 'request-1'): Context {
  const endsAt = Date.now() + remainingMs;
  return {
    callbackWaitsForEmptyEventLoop: false,
    functionName: 'testFunction',
    functionVersion: '1',
    invokedFunctionArn: 'arn:aws:lambda:local:0:function:testFunction',
    memoryLimitInMB: '512',
    awsRequestId: requestId,
    logGroupName: 'group',
    logStreamName: 'stream',
    getRemainingTimeInMillis: () => endsAt - Date.now(),
    done: () => {},
    fail: () => {},
    succeed: () => {},
  };
}
