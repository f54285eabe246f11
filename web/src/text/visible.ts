// Characters that show nothing, or make others stand where they are not, are shown by their
// number: what somebody allows, follows or looks for is then what it looks like.

/** A piece of text: as it is, or a character by its number. */
export interface Piece {
  readonly text: string;
  readonly escaped: boolean;
}

/** Controls, formats, private use, surrogates without the other one, spaces that are none of the usual, and letters that show nothing. */
const exact = /(?![\t\n ])[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{Zs}\u115f\u1160\u3164\uffa0\u034f\u{e0100}-\u{e01ef}]/gu;

/** In prose only what turns text around or hides it: other languages need the rest. */
const prose = /(?![\t\n ])[\p{Cc}\p{Co}\p{Cs}\u00ad\u180e\u200b\u202a-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e007f}]/gu;

/** A joiner between two pictures makes one of them: 👩‍💻. */
const joined = /\p{Extended_Pictographic}\ufe0f?[\u{1f3fb}-\u{1f3ff}]?\u200d(?=\p{Extended_Pictographic})/gu;

function joiners(text: string): ReadonlySet<number> {
  if (!text.includes('\u200d')) return new Set();
  return new Set([...text.matchAll(joined)].map((match) => match.index + match[0].length - 1));
}

function number(character: string): string {
  const code = character.codePointAt(0)!;
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`;
}

function piecesBy(pattern: RegExp, text: string): Piece[] {
  const pieces: Piece[] = [];
  const harmless = joiners(text);
  let from = 0;
  for (const match of text.matchAll(pattern)) {
    if (harmless.has(match.index)) continue;
    if (match.index > from) pieces.push({ text: text.slice(from, match.index), escaped: false });
    pieces.push({ text: number(match[0]), escaped: true });
    from = match.index + match[0].length;
  }
  if (from < text.length) pieces.push({ text: text.slice(from), escaped: false });
  return pieces;
}

/** For names, titles, inputs, results and code. */
export const exactPieces = (text: string): Piece[] => piecesBy(exact, text);

/** For what people and models write to be read. */
export const prosePieces = (text: string): Piece[] => piecesBy(prose, text);

/** The text with all of that by number, for attributes. */
export const visible = (text: string): string => exactPieces(text).map((piece) => piece.text).join('');
