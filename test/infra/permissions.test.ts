import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTemplate } from '../../infra/local/template.ts';
import type { Permission } from '../support/recordPermissions.ts';
import { permissionsOfRoles } from './permissionsOfRoles.ts';
import { playScenes } from './permissionsScenes.ts';
import { type PermissionsStage, startPermissionsStage } from './permissionsStage.ts';

/** Permissions that no run on this machine uses, and who does. */
const USED_ELSEWHERE: readonly { readonly which: RegExp; readonly because: string }[] = [
  { which: /^\w+ logs:/, because: 'Lambda writes the log in the name of the function' },
  {
    which: / sqs:(ReceiveMessage|DeleteMessage|GetQueueAttributes) on /,
    because: "Lambda's event source takes the messages in the name of the function",
  },
  {
    which: / sqs:SendMessage on carferry-local-scheduler-dead$/,
    because: 'Lambda sends scheduled runs that failed there, in the name of the function',
  },
  {
    which: / (kms:GenerateDataKey on DataKey|dynamodb:PutItem on carferry-local-keys)$/,
    because: 'keys of a stage and of an order are made once, by whichever function comes first',
  },
  {
    which: /^storeAdOrders dynamodb:DeleteItem on carferry-local-orders$/,
    because: 'an order would have to expire between its read and the write of its attribution',
  },
];

describe('the role of a function', () => {
  const roles = permissionsOfRoles('local');
  const { functions } = readTemplate();
  let stage: PermissionsStage;
  beforeAll(async () => {
    stage = await startPermissionsStage();
    await playScenes(stage);
  });
  afterAll(() => stage.close());

  /**
   * All functions share one environment here, so each asks for every secret; on AWS a function reads those that its own
   * environment names.
   */
  function usedBy(name: string): Set<Permission> {
    const values = Object.values(functions.find((wiring) => wiring.name === name)?.environment ?? {});
    const used = [...(stage.used.get(name) ?? [])]
      .filter((permission) => {
        const [, secret] = /^secretsmanager:\w+ on (.+)$/.exec(permission) ?? [];
        return secret === undefined || values.includes(secret);
      })
      .map((permission) => permission.replace(stage.keyArn, 'DataKey'));
    return new Set(used);
  }

  it.each([...roles.keys()])(
    '%s allows everything that it did in a run with all kinds of trouble',
    (name) => {
      const missing = [...usedBy(name)].filter((permission) => roles.get(name)?.has(permission) !== true);

      expect(usedBy(name).size).toBeGreaterThan(3);
      expect(missing).toEqual([]);
    },
  );

  it.each([...roles.keys()])('%s allows nothing that it never did', (name) => {
    const used = usedBy(name);
    const unused = [...(roles.get(name) ?? [])].filter(
      (permission) =>
        !used.has(permission) && !USED_ELSEWHERE.some(({ which }) => which.test(`${name} ${permission}`)),
    );

    expect(unused).toEqual([]);
  });

  it.each(USED_ELSEWHERE)('needs no exception in vain: $because', ({ which }) => {
    const excepted = [...roles].flatMap(([name, allowed]) =>
      [...allowed]
        .filter((permission) => !usedBy(name).has(permission))
        .map((permission) => `${name} ${permission}`),
    );

    expect(excepted.filter((line) => which.test(line)).length).toBeGreaterThan(0);
  });
});
