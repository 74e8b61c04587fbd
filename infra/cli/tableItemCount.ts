import { type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import type { Wiring } from '../local/template.ts';

export type Monitorable = {
  readonly dynamoDb: DynamoDBClient;
  readonly wiring: Pick<Wiring, 'service' | 'stage'>;
};

/** Rows of a table, counted by the server without sending them; undefined when it does not answer. */
export async function tableItemCount(
  noun: string,
  { dynamoDb, wiring }: Monitorable,
): Promise<number | undefined> {
  const TableName = `${wiring.service}-${wiring.stage}-${noun}`;
  let count = 0;
  try {
    for await (const page of paginateScan({ client: dynamoDb }, { TableName, Select: 'COUNT' })) {
      count += page.Count ?? 0;
    }
    return count;
  } catch {
    return undefined;
  }
}
