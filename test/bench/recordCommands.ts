import { DynamoDBClient } from '@aws-sdk/client-dynamodb';

type Send = DynamoDBClient['send'];
/** A command as it was sent; sent again it is the same work for the SDK. */
export type Command = Parameters<Send>[0];

/** Notes every DynamoDB command of this process, whichever client sends it; `take` empties the notes. */
export function recordCommands(): { take(): Command[]; stop(): void } {
  let commands: Command[] = [];
  const send: unknown = Reflect.get(DynamoDBClient.prototype, 'send');
  if (typeof send !== 'function') throw new Error('the SDK has another shape');
  const noting = function (this: DynamoDBClient, ...given: Parameters<Send>): unknown {
    commands.push(given[0]);
    return Reflect.apply(send, this, given);
  };
  Reflect.set(DynamoDBClient.prototype, 'send', noting);
  return {
    take: () => {
      const taken = commands;
      commands = [];
      return taken;
    },
    stop: () => void Reflect.deleteProperty(DynamoDBClient.prototype, 'send'),
  };
}
