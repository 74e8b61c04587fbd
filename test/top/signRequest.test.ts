import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { isBlank, signRequest } from '../../lib/top/signRequest.ts';

const methodSchema = z.enum(['md5', 'hmac', 'hmac-sha256']);

const vectorSchema = z.object({
  id: z.string(),
  kind: z.string(),
  secret: z.string().optional(),
  secret_hex: z.string().optional(),
  params: z.record(z.string(), z.string()),
  expect: z.partialRecord(methodSchema, z.string()),
});

const vectors = z
  .array(z.looseObject({ kind: z.string() }))
  .parse(JSON.parse(readFileSync(new URL('../fixtures/sign-vectors.json', import.meta.url), 'utf8')))
  .filter((vector) => vector.kind === 'caller')
  .map((vector) => vectorSchema.parse(vector));

const cases = vectors.flatMap((vector) =>
  Object.entries(vector.expect).map(([method, sign]) => ({
    id: vector.id,
    method: methodSchema.parse(method),
    secret: vector.secret ?? Buffer.from(vector.secret_hex ?? '', 'hex'),
    params: Object.fromEntries(
      Object.entries(vector.params).map(([name, value]) => [
        name,
        value === '<sign_method>' ? method : value,
      ]),
    ),
    sign,
  })),
);

const anyParams = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }));
const anyMethod = fc.constantFrom('md5' as const, 'hmac' as const, 'hmac-sha256' as const);

describe('signRequest', () => {
  it('knows all caller vectors of the notes', () => {
    expect(new Set(cases.map(({ id }) => id))).toEqual(
      new Set(['P1', 'P2', 'P3', 'P4', 'P5', 'N1', 'R1', 'R2', 'T1']),
    );
  });

  it.each(cases)('signs vector $id by $method', ({ params, secret, method, sign }) => {
    const signed = signRequest(params, secret, method);

    expect(signed).toBe(sign);
  });

  it('does not depend on the order of the parameters', () => {
    fc.assert(
      fc.property(anyParams, anyMethod, (params, method) => {
        const turned = Object.fromEntries(Object.entries(params).reverse());

        expect(signRequest(turned, 'secret', method)).toBe(signRequest(params, 'secret', method));
      }),
    );
  });

  it('leaves out blank parameters and an earlier signature', () => {
    const blank = fc.constantFrom('', ' ', '\t\r\n', '\u001c\u001f', '\u3000', '\u2028');

    fc.assert(
      fc.property(anyParams, blank, fc.string(), anyMethod, (params, nothing, old, method) => {
        const { sign: _, 'blank one': __, ...rest } = params;

        const signed = signRequest({ ...rest, 'blank one': nothing, sign: old }, 'secret', method);

        expect(signed).toBe(signRequest(rest, 'secret', method));
      }),
    );
  });

  it.each(['\u00a0', '\u2007', '\u202f', '\ufeff', '0', 'false', ' x '])('signs the value %j', (value) => {
    expect(signRequest({ a: value }, 'secret', 'md5')).not.toBe(signRequest({}, 'secret', 'md5'));
  });

  it('appends a raw body to the parameters', () => {
    expect(signRequest({ a: '1' }, 'secret', 'hmac-sha256', '{"b":2}')).toBe(
      signRequest({ a: '1{"b":2}' }, 'secret', 'hmac-sha256'),
    );
  });

  it('counts as blank exactly what Java does', () => {
    const blank = Array.from({ length: 0x10000 }, (_, code) => code).filter((code) =>
      isBlank(String.fromCharCode(code)),
    );

    const spaceSeparators = Array.from({ length: 0x10000 }, (_, code) => code).filter((code) =>
      /[\p{Zs}\p{Zl}\p{Zp}]/u.test(String.fromCharCode(code)),
    );
    const noBreak = [0x00a0, 0x2007, 0x202f];
    const controls = [9, 10, 11, 12, 13, 28, 29, 30, 31];
    expect(blank).toEqual([...controls, ...spaceSeparators.filter((code) => !noBreak.includes(code))]);
  });
});
