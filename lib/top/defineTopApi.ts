import type * as z from 'zod';

/** How a reply states its business outcome inside an HTTP 200. */
export type TopOutcome =
  | { readonly ok: true }
  | { readonly ok: false; readonly code: string; readonly message: string };

/** What the platform's own code means when it differs from `topErrors`. */
export type TopErrorRule = {
  readonly disposition: 'retry' | 'defer' | 'park' | 'halt';
  readonly reason: string;
  readonly hint?: string;
};

export type TopApiDefinition<
  Request extends z.ZodType = z.ZodType,
  Response extends z.ZodType = z.ZodType,
> = {
  /** Full method name with dots, e.g. `tmall.aliauto.lead.info.get`. */
  readonly method: string;
  /** `top`: `/router/rest`, business errors in `error_response`; `qimen`: `/router/qm`, needs `target_app_key`. */
  readonly gateway: 'top' | 'qimen';
  readonly session: 'required' | 'none';
  /** Business parameters; nested objects travel as one JSON text per top-level field. */
  readonly request: Request;
  /** The reply below its root key, tolerant of every documented spelling; see `topFields`. */
  readonly response: Response;
  /** Reads the business outcome from the parsed reply. A method, so that every API is a `TopApiDefinition`. */
  outcome(reply: z.output<Response>): TopOutcome;
  /**
   * True where a bare `{"request_id":"…"}`, without the root that names the method, says "none". Never where such
   * a "none" ends a listing or makes something missing: any method's reply could be that.
   */
  readonly bareIsNone?: true;
  /** Business codes of this API's own table; keys are `code`, `sub_code` or the outcome's code. */
  readonly errors?: Readonly<Record<string, TopErrorRule>>;
};

export type TopRequest<Api extends TopApiDefinition> = z.input<Api['request']>;
export type TopResponse<Api extends TopApiDefinition> = z.output<Api['response']>;

/** Declares one TOP API as data; the reply's type follows from it. */
export function defineTopApi<Request extends z.ZodType, Response extends z.ZodType>(
  definition: TopApiDefinition<Request, Response>,
): TopApiDefinition<Request, Response> {
  return definition;
}
