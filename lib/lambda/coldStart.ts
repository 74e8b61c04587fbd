/**
 * Builds once, at the first call, and keeps the result for the life of the process. Calls that come while it
 * is being built share one build; a failure is forgotten, so that the next invocation tries again.
 */
export function coldStart<T>(build: () => T | Promise<T>): () => Promise<T> {
  let built: Promise<T> | undefined;
  return () => {
    built ??= Promise.resolve()
      .then(build)
      .catch((thrown: unknown) => {
        built = undefined;
        throw thrown;
      });
    return built;
  };
}
