/** What a `Content-Type` means for the signature and for reading the body. */
export type BodyForm = {
  /** `raw`: the body's bytes are signed as they are; `form`: its pairs are. */
  readonly signedAs: 'raw' | 'form';
  readonly mediaType: string;
};

/** The media types that the platform's own verifier knows. */
const SIGNED_AS: ReadonlyMap<string, BodyForm['signedAs']> = new Map([
  ['application/json', 'raw'],
  ['text/plain', 'raw'],
  ['text/xml', 'raw'],
  ['application/xml', 'raw'],
  ['application/x-www-form-urlencoded', 'form'],
]);

const CHARSET = /^charset=(?:"([^"]*)"|([^"]*))$/i;

/**
 * Reads `Content-Type`; only UTF-8 is accepted, which is also the default. Two charsets, or two headers that
 * the HTTP gateway joined with a comma, are refused.
 */
export function readMediaType(
  contentType: string | undefined,
): BodyForm | 'unsupported-media-type' | 'unsupported-charset' {
  const [first = '', ...parameters] = (contentType ?? '').split(';').map((part) => part.trim());
  const mediaType = first.toLowerCase();
  const signedAs = SIGNED_AS.get(mediaType);
  if (signedAs === undefined) return 'unsupported-media-type';
  const charsets = parameters.filter((parameter) => /^charset\s*=/i.test(parameter));
  if (charsets.length > 1) return 'unsupported-charset';
  const [, quoted, plain] = CHARSET.exec(charsets[0] ?? 'charset=utf-8') ?? [];
  const charset = (quoted ?? plain ?? '').trim().toLowerCase();
  if (charset !== 'utf-8' && charset !== 'utf8') return 'unsupported-charset';
  return { signedAs, mediaType };
}
