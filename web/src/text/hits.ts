export interface Hit {
  readonly text: string;
  readonly isHit: boolean;
}

/** The pieces of a snippet: what was searched for stands between U+E000 and U+E001. */
export function hits(snippet: string): Hit[] {
  return snippet.replace(/\s+/g, ' ').split(/(\ue000[^\ue001]*\ue001?)/)
    .map((piece) => ({ text: piece.replace(/[\ue000\ue001]/g, ''), isHit: piece.startsWith('\ue000') }))
    .filter(({ text }) => text !== '');
}
