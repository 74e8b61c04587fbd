import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { projectRoot } from '../../infra/local/template.ts';
import { bundleFunctions, functionNames } from '../../tools/bundle.ts';
import { accessRules } from './rules/accessRules.ts';
import { functionRules } from './rules/functionRules.ts';
import { queueRules } from './rules/queueRules.ts';
import { allOf, functionSchema, type Template } from './rules/template.ts';

const RULES = [...queueRules, ...accessRules, ...functionRules];
const VARIANTS = [
  ['dev in Singapore', ['--stage', 'dev', '--region', 'ap-southeast-1']],
  [
    'prod in China behind one address',
    ['--stage', 'prod', '--region', 'cn-north-1', '--param', 'egress=natEip'],
  ],
] as const;

/** Read from the environment of the local run; on AWS from Secrets Manager and KMS. */
const SECRETS = ['TOP_APP_SECRET', 'CARFERRY_SHOPS', 'CARFERRY_DATA_KEY', 'CARFERRY_QIMEN_SECRET'];

const folder = mkdtempSync(join(tmpdir(), 'carferry-package-'));
const templates = new Map<string, Template>();
const templateOf = (variant: string): Template =>
  structuredClone(templates.get(variant) ?? { Resources: {} });

/** What osls packages for this variant, without network, account or login. */
function packaged(variant: string, flags: readonly string[]): Template {
  const target = join(folder, variant.replaceAll(' ', '-'));
  const osls = join(projectRoot, 'node_modules/serverless/bin/serverless.js');
  const done = spawnSync(process.execPath, [osls, 'package', ...flags, '--package', target], {
    cwd: projectRoot,
    encoding: 'utf8',
    env: {
      ...process.env,
      AWS_ACCESS_KEY_ID: '',
      AWS_SECRET_ACCESS_KEY: '',
      AWS_PROFILE: '',
      SLS_NOTIFICATIONS_MODE: 'off',
      SLS_TELEMETRY_DISABLED: '1',
    },
  });
  if (done.status !== 0) throw new Error(`${done.stdout}\n${done.stderr}`);
  const template: Template = JSON.parse(
    readFileSync(join(target, 'cloudformation-template-update-stack.json'), 'utf8'),
  );
  return template;
}

beforeAll(async () => {
  await bundleFunctions(join(projectRoot, 'dist'));
  for (const [variant, flags] of VARIANTS) templates.set(variant, packaged(variant, flags));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(VARIANTS.map(([variant]) => variant))('the package of %s', (variant) => {
  it.each(RULES)('$name', ({ breaches }) => {
    expect(breaches(templateOf(variant))).toEqual([]);
  });

  it('has every function', () => {
    const found = allOf(templateOf(variant), 'AWS::Lambda::Function', functionSchema);

    expect(found.map(([, { FunctionName }]) => FunctionName.split('-').at(-1)).toSorted()).toEqual(
      functionNames().toSorted(),
    );
  });
});

describe('a rule', () => {
  it.each(RULES)('speaks when it is broken: $name', ({ breaches, spoil }) => {
    const template = templateOf('dev in Singapore');
    spoil(template);

    expect(breaches(template)).not.toEqual([]);
  });
});

describe('the regions', () => {
  it('China gets the architecture that all of its regions have, others Arm', () => {
    const architectures = VARIANTS.map(([variant]) =>
      allOf(templateOf(variant), 'AWS::Lambda::Function', functionSchema).flatMap(
        ([, { Architectures }]) => Architectures,
      ),
    );

    expect(architectures.map((found) => [...new Set(found)])).toEqual([['arm64'], ['x86_64']]);
  });
});

describe.each(functionNames())('%s', (name) => {
  it('is given exactly the variables that it reads, and no secret', async () => {
    const { configSchema } = await import(`../../functions/${name}.ts`);
    const { shape } = z.instanceof(z.ZodObject).parse(z.instanceof(z.ZodLazy).parse(configSchema).unwrap());
    const [, found] =
      allOf(templateOf('dev in Singapore'), 'AWS::Lambda::Function', functionSchema).find(
        ([, { FunctionName }]) => FunctionName === `carferry-dev-${name}`,
      ) ?? [];

    const read = Object.keys(shape).filter((key) => !SECRETS.includes(key));
    expect(Object.keys(found?.Environment.Variables ?? {}).toSorted()).toEqual(read.toSorted());
  });

  it('loads alone from its bundle, without environment, and exports a handler', () => {
    const program = `import { handler } from './index.mjs'; process.exit(typeof handler === 'function' ? 0 : 9);`;
    const loaded = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      cwd: join(projectRoot, 'dist', name),
      encoding: 'utf8',
      env: {},
    });

    expect([loaded.status, loaded.stderr]).toEqual([0, '']);
  });
});
