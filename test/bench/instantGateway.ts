import { createServer } from 'node:http';
import * as z from 'zod';

/*
 * A gateway that answers at once: every car order is the same but for its id, every item the same but for its
 * id. Started by `startChildServer`; ends with its parent.
 */

const orderSchema = z.object({
  carText: z.string(),
  carId: z.string(),
  itemText: z.string(),
  itemId: z.string(),
});

process.on('disconnect', () => process.exit(0));
process.once('message', (message) => {
  const { carText, carId, itemText, itemId } = orderSchema.parse(message);
  const item = /"tbk_item_detail":\[(.*)\]/s.exec(itemText)?.[1] ?? /"results":\[(.*)\]/s.exec(itemText)?.[1];
  if (item === undefined) throw new Error('the captured reply holds no item');

  const answer = (form: URLSearchParams): string => {
    const ids = form.get('item_id');
    if (ids !== null)
      return itemText.replace(
        item,
        ids
          .split(',')
          .map((id) => item.replaceAll(itemId, id))
          .join(','),
      );
    const asked = /\d{10,}/.exec(form.get('query') ?? '')?.[0];
    return asked === undefined ? '{}' : carText.replaceAll(carId, asked);
  };

  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('latin1').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      const reply = Buffer.from(answer(new URLSearchParams(body)), 'utf8');
      response.writeHead(200, {
        'content-type': 'application/json;charset=UTF-8',
        'content-length': reply.length,
      });
      response.end(reply);
    });
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    if (typeof address === 'object' && address !== null) process.send?.({ port: address.port });
  });
});
