/** A duration as people say it: `12 s`, `3 min`, `2 h 5 min`, `4 d`. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.round(hours / 24)} d`;
}

/** `1 order`, `2 orders`; a word with another plural gives it. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** `[######....]` without colour in `width` characters. */
export function bar(share: number, width: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * width);
  return `${'█'.repeat(full)}${'░'.repeat(width - full)}`;
}

/** `46 %`; never 100 before the end. */
export function percent(share: number): string {
  return `${Math.min(99, Math.floor(share * 100))} %`;
}

/** A rate: `0.4`, `12`. */
export function rate(perSecond: number): string {
  return perSecond >= 10 || perSecond === 0 ? String(Math.round(perSecond)) : perSecond.toFixed(1);
}

/** Stream ids as people read them: `trades 砚山旗舰店`, `ad orders, product 1`. */
export function streamName(stream: string): string {
  const [source = '', whose = ''] = stream.split('#');
  return source === 'adOrders' ? `ad orders, product ${whose}` : `${source} ${whose}`;
}

/** Queue names without service and stage: `orders`, `ad-orders`. */
export function queueName(name: string): string {
  return name.split('-').slice(2).join('-') || name;
}

/** The last words of a method name are enough where there is little room. */
export function methodName(method: string, width: number): string {
  if (method.length <= width) return method;
  return method.replace(/^(?:alibaba\.taobao|qimen\.taobao|taobao|tmall|alibaba|qimen)\./, '');
}
