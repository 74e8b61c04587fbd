import * as z from 'zod';
import { projectRoot } from '../../infra/local/template.ts';
import { readYaml } from '../../infra/local/yamlDocument.ts';
import type { Permission } from '../support/recordPermissions.ts';

const getAtt = z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.literal('Arn')]) });
const sub = z.object({ 'Fn::Sub': z.string() });
const resource = z.union([getAtt, sub, z.string()]);
const role = z.object({
  Properties: z.object({
    Policies: z.array(
      z.object({
        PolicyDocument: z.object({
          Statement: z.array(
            z.object({
              Action: z.union([z.string(), z.array(z.string())]),
              Resource: z.union([resource, z.array(resource)]),
            }),
          ),
        }),
      }),
    ),
  }),
});
const service = z.object({ functions: z.record(z.string(), z.object({ role: getAtt })) });
const named = z.object({
  Properties: z.object({ TableName: z.string().optional(), QueueName: z.string().optional() }),
});
const resources = z.object({ Resources: z.record(z.string(), z.unknown()) });

/**
 * What the role of each function allows, every action on every resource, by function. Resources have the names that
 * they have in `stage`; one that the files give no name keeps its id.
 */
export function permissionsOfRoles(stage: string): Map<string, Set<Permission>> {
  const roles = resources.parse(readYaml(projectRoot, 'infra/roles.yml')).Resources;
  const declared = ['infra/tables.yml', 'infra/queues.yml', 'infra/keys.yml'].flatMap((path) =>
    Object.entries(resources.parse(readYaml(projectRoot, path)).Resources),
  );
  const inStage = (text: string): string =>
    text.replaceAll(/\$\{self:service\}/g, 'carferry').replaceAll(/\$\{sls:stage\}/g, stage);
  const names = new Map(
    declared.map(([id, properties]) => {
      const { TableName, QueueName } = named.parse(properties).Properties;
      return [id, inStage(TableName ?? QueueName ?? id)];
    }),
  );

  function nameOf(given: z.output<typeof resource>): string {
    if (typeof given !== 'string' && 'Fn::GetAtt' in given) {
      const [id] = given['Fn::GetAtt'];
      return names.get(id) ?? id;
    }
    const text = inStage(typeof given === 'string' ? given : given['Fn::Sub']);
    const [, secret] = /:secret:(.+)-\?{6}$/.exec(text) ?? [];
    return secret ?? text.replace(/\$\{(\w+)\.Arn\}/, (_, id: string) => names.get(id) ?? id);
  }

  const { functions } = service.parse(readYaml(projectRoot, 'serverless.yml'));
  return new Map(
    Object.entries(functions).map(([name, declaration]) => {
      const [id] = declaration.role['Fn::GetAtt'];
      const allowed = role
        .parse(roles[id])
        .Properties.Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
        .flatMap(({ Action, Resource }) =>
          [Action].flat().flatMap((action) => [Resource].flat().map((on) => `${action} on ${nameOf(on)}`)),
        );
      return [name, new Set(allowed)];
    }),
  );
}
