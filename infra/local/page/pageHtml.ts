import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const STYLES = ['theme.css', 'layout.css', 'parts.css'];
/** In the order in which they need each other. */
const SCRIPTS = ['dom.js', 'charts.js', 'order.js', 'shops.js', 'main.js'];

export type PageHtml = {
  readonly html: string;
  /** Allows this page's own style and script by their hashes, and nothing else. */
  readonly contentSecurityPolicy: string;
};

/** Puts the status page together: one HTML text with its style and script inside. */
export function readPageHtml(folder: string = join(import.meta.dirname, 'client')): PageHtml {
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
  const style = STYLES.map(read).join('\n');
  // The modules become one, so that the page needs no second request.
  const script = SCRIPTS.map((name) =>
    read(name)
      .replaceAll(/^import [^;]+;\n/gm, '')
      .replaceAll(/^export /gm, ''),
  ).join('\n');
  const html = read('page.html')
    .replace('/* page.css */', () => style)
    .replace('/* page.js */', () => script);
  const rules = [
    "default-src 'none'",
    "connect-src 'self'",
    'img-src data:',
    `style-src '${hashOf(style)}'`,
    `script-src '${hashOf(script)}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  return { html, contentSecurityPolicy: rules.join('; ') };
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
