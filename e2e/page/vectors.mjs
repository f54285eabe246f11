// Forty ways in which text has become code in one page or another. `canary` is an address
// that nothing may ever ask for.

import assert from 'node:assert/strict';

export const vectors = (canary) => [
  '<script>alert(1)</script>',
  '<script src="CANARY/s.js"></script>',
  '<script type="module">import "CANARY/m.js"</script>',
  '</textarea><script>alert(1)</script>',
  '</title><script>alert(1)</script>',
  '<scr<script>ipt>alert(1)</scr</script>ipt>',
  '<img src=x onerror=alert(1)>',
  '<img src="CANARY/i.png">',
  '<img src=x:x onerror=\u0061lert(1) //>',
  '<IMG """><SCRIPT>alert(1)</SCRIPT>">',
  '<svg onload=alert(1)>',
  '<svg><script>alert(1)</script></svg>',
  '<svg><animate onbegin=alert(1) attributeName=x dur=1s>',
  '<svg><a xlink:href="javascript:alert(1)"><text y=20>x</text></a></svg>',
  '<svg><use href="data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+#x"/></svg>',
  '<math><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
  '<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>',
  '<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>',
  '<iframe src="javascript:alert(1)"></iframe>',
  '<iframe srcdoc="<script>parent.alert(1)</script>"></iframe>',
  '<iframe src="CANARY/frame"></iframe>',
  '<object data="data:text/html,<script>alert(1)</script>"></object>',
  '<embed src="data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==">',
  '<a href="javascript:alert(1)">link</a>',
  '<a href="jav\tascript:alert(1)">tab</a>',
  '<a href="&#106;avascript:alert(1)">entity</a>',
  '<a href="data:text/html,<script>alert(1)</script>">data</a>',
  '[link](javascript:alert(1))',
  '[link](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)',
  '![image](CANARY/markdown.png)',
  '![x](x"onerror="alert(1))',
  '<javascript:alert(1)>',
  '<body onload=alert(1)>',
  '<details open ontoggle=alert(1)>',
  '<input autofocus onfocus=alert(1)>',
  '<meta http-equiv="refresh" content="0;url=CANARY/refresh">',
  '<base href="CANARY/">',
  '<link rel=stylesheet href="CANARY/style.css"><style>@import "CANARY/import.css";</style>',
  '<table><td><!--<img src="--><img src=x onerror=alert(1)//">',
  '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
].map((vector) => vector.replaceAll('CANARY', canary));

// assertText proves that the vectors did arrive there, character for character.
export async function assertText(page, selector, all) {
  const texts = (await page.locator(selector).allTextContents()).join('\n');
  for (const vector of all) assert.ok(texts.includes(vector), `${selector} shows ${vector}`);
}
