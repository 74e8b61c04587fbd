import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import * as z from 'zod';

const context = z.record(z.string(), z.string()).default({});
const requestSchema = z.object({
  KeyId: z.string(),
  CiphertextBlob: z.string().optional(),
  EncryptionContext: context,
});

export type FakeKms = {
  readonly url: string;
  readonly keyArn: string;
  /** Every question, e.g. `Decrypt branch#1`. */
  readonly asked: string[];
  /** The error that every call gets while it is set, e.g. `ThrottlingException`. */
  trouble: string | undefined;
  close(): Promise<void>;
};

/**
 * A KMS on loopback: GenerateDataKey and Decrypt of its JSON protocol, for one key. As the real one it binds the
 * encryption context to the ciphertext and, as the key policy of `infra/keys.yml`, refuses another service's.
 */
export async function startFakeKms(): Promise<FakeKms> {
  const keyArn = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
  const secret = randomBytes(32);

  function answer(target: string, body: string): object {
    if (kms.trouble !== undefined) throw named(kms.trouble);
    const { KeyId, CiphertextBlob = '', EncryptionContext } = requestSchema.parse(JSON.parse(body));
    kms.asked.push(`${target} ${EncryptionContext['entity']}`);
    if (KeyId !== keyArn) throw named('NotFoundException');
    const members = Object.keys(EncryptionContext).toSorted().join();
    if (EncryptionContext['service'] !== 'carferry' || members !== 'entity,service') {
      throw named('AccessDeniedException');
    }
    const aad = Buffer.from(JSON.stringify(Object.entries(EncryptionContext).toSorted()));
    if (target === 'GenerateDataKey') {
      const plain = randomBytes(32);
      return {
        KeyId,
        Plaintext: plain.toString('base64'),
        CiphertextBlob: seal(plain, aad).toString('base64'),
      };
    }
    if (target !== 'Decrypt') throw named('UnknownOperationException');
    return { KeyId, Plaintext: open(Buffer.from(CiphertextBlob, 'base64'), aad).toString('base64') };
  }

  function seal(plain: Buffer, aad: Buffer): Buffer {
    const iv = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', secret, iv).setAAD(aad);
    const ct = Buffer.concat([cipher.update(plain), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), ct]);
  }

  function open(blob: Buffer, aad: Buffer): Buffer {
    try {
      const decipher = createDecipheriv('aes-256-gcm', secret, blob.subarray(0, 12)).setAAD(aad);
      decipher.setAuthTag(blob.subarray(12, 28));
      return Buffer.concat([decipher.update(blob.subarray(28)), decipher.final()]);
    } catch {
      throw named('InvalidCiphertextException');
    }
  }

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const target = String(request.headers['x-amz-target']).replace('TrentService.', '');
      const headers = { 'content-type': 'application/x-amz-json-1.1' };
      try {
        const reply = JSON.stringify(answer(target, Buffer.concat(chunks).toString('utf8')));
        response.writeHead(200, headers).end(reply);
      } catch (thrown) {
        const type = thrown instanceof Error ? thrown.name : 'KMSInternalException';
        response.writeHead(400, headers).end(JSON.stringify({ __type: type, message: type }));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const kms: FakeKms = {
    url: `http://127.0.0.1:${address.port}`,
    keyArn,
    asked: [],
    trouble: undefined,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return kms;
}

function named(name: string): Error {
  return Object.assign(new Error(name), { name });
}
