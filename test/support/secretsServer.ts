import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import * as z from 'zod';

const requestSchema = z.object({
  SecretId: z.string().optional(),
  Name: z.string().optional(),
  SecretString: z.string().optional(),
  VersionStages: z.array(z.string()).optional(),
  VersionStage: z.string().optional(),
  MoveToVersionId: z.string().optional(),
  RemoveFromVersionId: z.string().optional(),
});
type Request = z.infer<typeof requestSchema>;

type Secret = { readonly versions: Map<string, string>; readonly stages: Map<string, string> };

/** A failure as the service names it. */
class Refusal extends Error {}

/** The part of Secrets Manager that carferry uses, on loopback; its rules of versions and stages are the real ones. */
export type SecretsServer = {
  readonly url: string;
  /** Calls by action, e.g. `GetSecretValue`. */
  readonly calls: Record<string, number>;
  set(name: string, value: unknown): void;
  get(name: string): unknown;
  /** Until undone, every call fails in this way. */
  failWith(name: string | undefined): void;
  /** Called before every action; another writer may come in between. */
  onCall(listener: (action: string) => void): void;
  close(): Promise<void>;
};

export async function startSecretsServer(): Promise<SecretsServer> {
  const secrets = new Map<string, Secret>();
  const calls: Record<string, number> = {};
  let failure: string | undefined;
  let listener: (action: string) => void = () => {};

  function add(secret: Secret, text: string, stages: readonly string[]): string {
    const version = randomUUID();
    secret.versions.set(version, text);
    for (const stage of stages) secret.stages.set(stage, version);
    return version;
  }

  function known({ SecretId = '' }: Request): Secret {
    const secret = secrets.get(SecretId);
    if (secret === undefined) throw new Refusal('ResourceNotFoundException');
    return secret;
  }

  function answer(action: string, request: Request): object {
    const { SecretId: id, SecretString: text = '' } = request;
    if (action === 'CreateSecret') {
      const name = request.Name ?? '';
      if (secrets.has(name)) throw new Refusal('ResourceExistsException');
      const secret: Secret = { versions: new Map(), stages: new Map() };
      secrets.set(name, secret);
      return { Name: name, VersionId: add(secret, text, ['AWSCURRENT']) };
    }
    const secret = known(request);
    if (action === 'GetSecretValue') {
      const version = secret.stages.get('AWSCURRENT') ?? '';
      return { Name: id, VersionId: version, SecretString: secret.versions.get(version) };
    }
    if (action === 'PutSecretValue') {
      return { Name: id, VersionId: add(secret, text, request.VersionStages ?? ['AWSCURRENT']) };
    }
    if (action === 'UpdateSecretVersionStage') {
      const stage = request.VersionStage ?? '';
      const at = secret.stages.get(stage);
      if (at !== request.RemoveFromVersionId) throw new Refusal('InvalidParameterException');
      if (request.MoveToVersionId === undefined) secret.stages.delete(stage);
      else secret.stages.set(stage, request.MoveToVersionId);
      return { Name: id };
    }
    throw new Refusal('InvalidRequestException');
  }

  const server = createServer((request, response) => {
    const action = String(request.headers['x-amz-target']).replace('secretsmanager.', '');
    let text = '';
    request.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    request.on('end', () => {
      calls[action] = (calls[action] ?? 0) + 1;
      try {
        listener(action);
        if (failure !== undefined) throw new Refusal(failure);
        const body = JSON.stringify(answer(action, requestSchema.parse(JSON.parse(text))));
        response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).end(body);
      } catch (error) {
        const type = error instanceof Refusal ? error.message : 'InternalServiceError';
        const status = type === 'InternalServiceError' ? 500 : 400;
        response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
        response.end(JSON.stringify({ __type: type, Message: type }));
      }
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    calls,
    set: (name, value) => {
      const secret = secrets.get(name) ?? { versions: new Map(), stages: new Map() };
      secrets.set(name, secret);
      add(secret, typeof value === 'string' ? value : JSON.stringify(value), ['AWSCURRENT']);
    },
    get: (name) => {
      const secret = secrets.get(name);
      const text = secret?.versions.get(secret.stages.get('AWSCURRENT') ?? '');
      const value: unknown = text === undefined ? undefined : JSON.parse(text);
      return value;
    },
    failWith: (name) => {
      failure = name;
    },
    onCall: (next) => {
      listener = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
