// Where a link of an answer may lead.

const allowed = new Set(['http:', 'https:', 'mailto:']);

/** The address if it is one that may be opened: http, https or mailto, and absolute. */
export function safeAddress(href: string): string | undefined {
  try {
    const url = new URL(href);
    return allowed.has(url.protocol) ? url.href : undefined;
  } catch {
    return undefined;
  }
}

const named: Record<string, string> = {
  amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0', copy: '©', reg: '®', trade: '™', hellip: '…', mdash: '—', ndash: '–',
  lsquo: '‘', rsquo: '’', ldquo: '“', rdquo: '”', bull: '•', middot: '·', times: '×', deg: '°', euro: '€', larr: '←', rarr: '→', le: '≤', ge: '≥', ne: '≠',
};

/** Resolves character references, the frequent ones. Others stay as they are written. */
export function unescape(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(?:#(\d{1,7})|#[xX]([\da-fA-F]{1,6})|(\w{2,8}));/g, (all, decimal?: string, hex?: string, name?: string) => {
    if (name) return Object.hasOwn(named, name) ? named[name]! : all;
    const code = decimal ? Number(decimal) : parseInt(hex!, 16);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd';
  });
}
