import {
  allOf,
  functionSchema,
  propertiesOf,
  type Rule,
  roleSchema,
  type Template,
  targetOf,
} from './template.ts';

type Statement = ReturnType<typeof statementsOf>[number];

function statementsOf(template: Template, role: string) {
  const found = allOf(template, 'AWS::IAM::Role', roleSchema).find(([id]) => id === role);
  return found?.[1].Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement) ?? [];
}

const actionsOf = ({ Action }: Statement): string[] => [Action].flat();
const ownRoles = (template: Template) =>
  allOf(template, 'AWS::IAM::Role', roleSchema).filter(([id]) => id.endsWith('Role'));
const functions = (template: Template) => allOf(template, 'AWS::Lambda::Function', functionSchema);

/** Logical ids that the statements of a role name by their ARN. */
function touched(statements: readonly Statement[]): Set<string | undefined> {
  const text = JSON.stringify(statements.map(({ Resource }) => Resource));
  return new Set([...text.matchAll(/"Fn::GetAtt":\["(\w+)"/g)].map(([, id]) => id));
}

const widen = (template: Template, role: string, statement: unknown): void => {
  const properties = propertiesOf(template, role);
  const before = roleSchema.parse(properties).Policies;
  properties['Policies'] = [...before, { PolicyDocument: { Statement: [statement] } }];
};

/** Who may do what; least privilege. */
export const accessRules: readonly Rule[] = [
  {
    name: 'every function has a role of its own, which only Lambda may take',
    breaches: (template) => {
      const taken = functions(template).map(([, { Role }]) => targetOf(Role));
      const doubled = taken
        .filter((role, at) => taken.indexOf(role) !== at)
        .map((role) => `${role} serves two functions`);
      const others = ownRoles(template)
        .filter(([id]) => taken.includes(id))
        .filter(
          ([
            ,
            {
              AssumeRolePolicyDocument: { Statement },
            },
          ]) => Statement.some(({ Principal }) => Principal.Service !== 'lambda.amazonaws.com'),
        )
        .map(([id]) => `${id} may be taken by others than Lambda`);
      return [...doubled, ...others];
    },
    spoil: (template) => {
      propertiesOf(template, 'EnqueueDuesLambdaFunction')['Role'] = {
        'Fn::GetAtt': ['PullTradesRole', 'Arn'],
      };
    },
  },
  {
    name: 'no role has a wildcard, in an action or as a resource',
    breaches: (template) =>
      ownRoles(template).flatMap(([id]) =>
        statementsOf(template, id)
          .filter(
            (statement) =>
              actionsOf(statement).some((action) => action.includes('*')) ||
              [statement.Resource].flat().some((resource) => resource === '*'),
          )
          .map(
            (statement) => `${id}: ${actionsOf(statement).join()} on ${JSON.stringify(statement.Resource)}`,
          ),
      ),
    spoil: (template) => widen(template, 'PullTradesRole', { Action: 'dynamodb:*', Resource: '*' }),
  },
  {
    name: 'a role touches exactly what the environment of its function names',
    breaches: (template) =>
      functions(template).flatMap(([id, { Role, Environment }]) => {
        const named = new Set(
          Object.values(Environment.Variables).flatMap((value) =>
            typeof value === 'string' ? [] : ['Ref' in value ? value.Ref : targetOf(value)],
          ),
        );
        const found = touched(statementsOf(template, targetOf(Role)));
        found.delete('SchedulerDeadLetters');
        return [
          ...[...found]
            .filter((resource) => resource !== undefined && !named.has(resource))
            .map((resource) => `${id} may touch ${resource} for nothing`),
          ...[...named]
            .filter((resource) => !found.has(resource))
            .map((resource) => `${id} may not touch ${resource}`),
        ];
      }),
    spoil: (template) =>
      widen(template, 'EnqueueDuesRole', {
        Action: 'dynamodb:GetItem',
        Resource: { 'Fn::GetAtt': ['KeysTable', 'Arn'] },
      }),
  },
  {
    name: 'a role reads exactly the secrets that the environment of its function names',
    breaches: (template) =>
      functions(template).flatMap(([id, { Role, Environment }]) => {
        const named = Object.entries(Environment.Variables)
          .filter(([key]) => key.endsWith('_SECRET_NAME'))
          .map(([, value]) => `:secret:${value}-??????`);
        const secrets = statementsOf(template, targetOf(Role)).filter((statement) =>
          actionsOf(statement).some((action) => action.startsWith('secretsmanager:')),
        );
        const readable =
          JSON.stringify(secrets.map(({ Resource }) => Resource)).match(/:secret:[^"]+/g) ?? [];
        const isMore = secrets
          .flatMap(actionsOf)
          .some((action) => action !== 'secretsmanager:GetSecretValue');
        return readable.toSorted().join() === named.toSorted().join() && !isMore
          ? []
          : [`${id} may read ${readable.join()}, its environment names ${named.join()}`];
      }),
    spoil: (template) =>
      widen(template, 'EnrichLeadsRole', {
        Action: 'secretsmanager:GetSecretValue',
        Resource: { 'Fn::Sub': 'arn:x:secret:carferry-dev/app-??????' },
      }),
  },
  {
    name: 'a KMS key is used only in the encryption context of carferry',
    breaches: (template) =>
      ownRoles(template).flatMap(([id]) =>
        statementsOf(template, id)
          .filter((statement) => actionsOf(statement).some((action) => action.startsWith('kms:')))
          .filter(({ Condition }) => !JSON.stringify(Condition ?? {}).includes('kms:EncryptionContext:'))
          .map(() => `${id} may use the key without a context`),
      ),
    spoil: (template) =>
      widen(template, 'PullLeadsRole', {
        Action: 'kms:Decrypt',
        Resource: { 'Fn::GetAtt': ['DataKey', 'Arn'] },
      }),
  },
  {
    name: 'no ARN names a partition, an account or a region',
    breaches: (template) =>
      JSON.stringify(
        Object.entries(template.Resources).filter(([, { Type }]) => !Type.startsWith('AWS::S3')),
      ).match(/arn:aws(?:-cn)?:[^"]*|"[^"]*\b\d{12}\b[^"]*"|(?<=:)(?:cn|us|eu|ap)-[a-z]+-\d(?=:)/g) ?? [],
    spoil: (template) =>
      widen(template, 'PullTradesRole', {
        Action: 'sqs:SendMessage',
        Resource: 'arn:aws:sqs:us-east-1:123456789012:x',
      }),
  },
];
