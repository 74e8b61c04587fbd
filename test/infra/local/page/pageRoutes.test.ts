import { describe, expect, it } from 'vitest';
import { readPageHtml } from '../../../../infra/local/page/pageHtml.ts';
import { readPageRequest } from '../../../../infra/local/page/pageRoutes.ts';

const host = '127.0.0.1:8787';
const ask = (url: string, headers: Record<string, string> = {}, method = 'GET') =>
  readPageRequest({ method, url, headers: { host, ...headers } });

describe('the requests of the status page', () => {
  it.each([
    ['/', { kind: 'page' }],
    ['/?q=1', { kind: 'page' }],
    ['/status.json', { kind: 'status' }],
    ['/orders.json?q=4277659395456225432', { kind: 'find', id: '4277659395456225432' }],
    ['/orders.json?q=%20ab-12%20', { kind: 'find', id: 'ab-12' }],
  ])('%s', (url, asked) => {
    expect(ask(url)).toEqual(asked);
    expect(ask(url, {}, 'HEAD')).toEqual(asked);
  });

  it.each(['127.0.0.1', 'localhost:8787', 'LOCALHOST', '[::1]:8787'])(
    'answers to this machine as %s',
    (name) => {
      expect(ask('/', { host: name })).toEqual({ kind: 'page' });
    },
  );

  it.each([
    'evil.example',
    'evil.example:8787',
    '127.0.0.1.evil.example',
    'localhost.evil.example:8787',
    'evil.example#127.0.0.1',
    '192.168.1.7:8787',
    '0.0.0.0:8787',
    '',
  ])('refuses the host "%s", whose owner may have rebound it to loopback', (name) => {
    expect(ask('/status.json', { host: name })).toMatchObject({ kind: 'refused', status: 403 });
  });

  it.each([
    ['through a proxy', { 'x-forwarded-for': '203.0.113.9' }],
    ['through a tunnel that rewrites the host', { via: '1.1 tunnel' }],
    ['from a script of another site', { origin: 'https://evil.example' }],
    ['from a script of another port', { origin: 'http://127.0.0.1:9999' }],
    ['from an image of another site', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }],
  ])('refuses a request %s', (_, headers) => {
    expect(ask('/status.json', headers)).toMatchObject({ kind: 'refused', status: 403 });
  });

  it('lets a person follow a link to it, and its own script ask', () => {
    expect(ask('/', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' })).toEqual({
      kind: 'page',
    });
    expect(ask('/status.json', { 'sec-fetch-site': 'same-origin', origin: `http://${host}` })).toEqual({
      kind: 'status',
    });
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('refuses %s', (method) => {
    expect(ask('/', {}, method)).toMatchObject({ kind: 'refused', status: 405 });
  });

  it.each(['', '?q=', '?q=%3Cscript%3E', `?q=${'1'.repeat(65)}`, '?q=1%002', '?q=1/2'])(
    'refuses to look for "%s"',
    (query) => {
      expect(ask(`/orders.json${query}`)).toMatchObject({ kind: 'refused', status: 400 });
    },
  );

  it.each(['/qimen', '/health', '/favicon.ico', '//', '/status.json/', '/../etc/passwd'])(
    'leaves %s alone',
    (url) => {
      expect(ask(url)).toBeUndefined();
    },
  );
});

describe('the page', () => {
  const { html, contentSecurityPolicy } = readPageHtml();

  it('is one text that asks nobody else for anything', () => {
    const addresses = html.match(/https?:\/\/[a-z0-9.-]+/g) ?? [];
    expect(addresses.filter((url) => url !== 'http://www.w3.org')).toEqual([]);
    expect(html).not.toMatch(/(?:src|href)="(?!data:,")/);
    expect(html).not.toMatch(/^(?:import|export) /m);
    expect(html.match(/<script/g)).toHaveLength(1);
    expect(html).not.toContain('innerHTML');
  });

  it('allows its own script and style by hash only', () => {
    expect(contentSecurityPolicy).toMatch(/script-src 'sha256-[^']+';/);
    expect(contentSecurityPolicy).not.toContain('unsafe-inline');
    expect(contentSecurityPolicy).toContain("frame-ancestors 'none'");
  });
});
