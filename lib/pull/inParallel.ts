/**
 * Runs `work` for every element, at most `width` at a time; answers in the order of the elements. After a
 * failure no further one begins; it is thrown once those under way have ended, so that nothing acts later.
 */
export async function inParallel<Element, Result>(
  elements: readonly Element[],
  width: number,
  work: (element: Element) => Promise<Result>,
): Promise<Result[]> {
  const results: { index: number; result: Result }[] = [];
  const failures: unknown[] = [];
  const waiting = elements.entries();
  const worker = async (): Promise<void> => {
    for (const [index, element] of waiting) {
      if (failures.length > 0) return;
      try {
        results.push({ index, result: await work(element) });
      } catch (thrown) {
        failures.push(thrown);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, elements.length) }, worker));
  if (failures.length > 0) throw failures[0];
  return results.sort((a, b) => a.index - b.index).map(({ result }) => result);
}
