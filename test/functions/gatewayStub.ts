import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A loopback gateway that answers each TOP method with what the test says; unsaid methods get a 500. */
export async function startGatewayStub(answers: Record<string, (form: URLSearchParams) => unknown>) {
  const forms: URLSearchParams[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const query = new URL(request.url ?? '/', 'http://127.0.0.1').searchParams;
      const form = new URLSearchParams([...query, ...new URLSearchParams(Buffer.concat(chunks).toString())]);
      forms.push(form);
      const answer = answers[form.get('method') ?? '']?.(form);
      response.statusCode = answer === undefined ? 500 : 200;
      response.setHeader('content-type', 'application/json;charset=UTF-8');
      response.end(JSON.stringify(answer ?? {}));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port }: Pick<AddressInfo, 'port'> = Object(server.address());
  return {
    url: `http://127.0.0.1:${port}/router/rest`,
    forms,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
