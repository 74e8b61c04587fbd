import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, type ScalarTag } from 'yaml';

/** What `${…}` in serverless.yml may name, besides files. */
export type Variables = {
  readonly root: string;
  readonly stage: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly self: Readonly<Record<string, unknown>>;
};

const intrinsic = (tag: string, key: string): ScalarTag => ({
  tag,
  resolve: (text: string) => ({ [key]: key === 'Fn::GetAtt' ? text.split('.') : text }),
});

const customTags = [
  intrinsic('!Ref', 'Ref'),
  intrinsic('!GetAtt', 'Fn::GetAtt'),
  intrinsic('!Sub', 'Fn::Sub'),
];

/** Reads a YAML file with CloudFormation's short tags; `!Ref X` becomes `{ Ref: 'X' }` and so on. */
export function readYaml(root: string, path: string): unknown {
  // The tags of what is read elsewhere only (`!Select`) are no fault.
  const options = { customTags, logLevel: 'error' } as const;
  const document: unknown = parse(readFileSync(join(root, path), 'utf8'), options);
  return document;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An innermost variable; one may stand inside another's name. */
const VARIABLE = /\$\{((?:self|sls|param|opt|file)[:(][^{}]*)\}/g;

/** Replaces `${self:…}`, `${sls:stage}`, `${param:…}`, `${opt:…, 'default'}` and `${file(…)}` at any depth. */
export function resolveVariables(value: unknown, variables: Variables): unknown {
  if (typeof value === 'string') return resolveText(value, variables);
  if (Array.isArray(value)) return value.map((entry) => resolveVariables(entry, variables));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [key, resolveVariables(entry, variables)]),
  );
}

function resolveText(text: string, variables: Variables): unknown {
  const whole = new RegExp(`^${VARIABLE.source}$`).exec(text)?.[1];
  if (whole !== undefined) return lookUp(whole, variables);
  const inner = text.replaceAll(VARIABLE, (_, expression: string) => String(lookUp(expression, variables)));
  return inner === text ? text : resolveText(inner, variables);
}

/** The first of the sources, separated by commas, that has a value. */
function lookUp(expression: string, variables: Variables): unknown {
  for (const source of expression.split(/,\s*/)) {
    const found = sourceValue(source, variables);
    if (found !== undefined) return resolveVariables(found, variables);
  }
  throw new Error(`serverless.yml: \${${expression}} has no value`);
}

function sourceValue(source: string, variables: Variables): unknown {
  const literal = /^'(.*)'$/.exec(source)?.[1];
  if (literal !== undefined) return literal;
  if (source === 'null') return null;
  const [, file, place] = /^file\(([^)]+)\)(?::(.+))?$/.exec(source) ?? [];
  if (file !== undefined) {
    const document = readYaml(variables.root, file);
    return place === undefined ? document : dig(document, place);
  }
  const [kind, name = ''] = source.split(/:(.*)/s);
  return kind === 'self' ? dig(variables.self, name) : named(kind, name, variables);
}

function named(kind: string | undefined, name: string, variables: Variables): unknown {
  if (kind === 'sls' && name === 'stage') return variables.stage;
  if (kind === 'param') return variables.params[name];
  return undefined;
}

function dig(root: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((at, key) => (isRecord(at) ? at[key] : undefined), root);
}
