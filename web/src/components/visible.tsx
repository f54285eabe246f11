import type { ReactNode } from 'react';
import type { Piece } from '../text/visible.js';
import { exactPieces, prosePieces } from '../text/visible.js';

function drawn(pieces: readonly Piece[]): ReactNode {
  if (pieces.length === 1 && !pieces[0]!.escaped) return pieces[0]!.text;
  return pieces.map((piece, at) => (piece.escaped ? <span key={at} className="escaped">{piece.text}</span> : piece.text));
}

/** Text in which nothing is hidden. */
export const Exact = ({ children }: { children: string }): ReactNode => drawn(exactPieces(children));

/** Text to be read, in any language. */
export const Prose = ({ children }: { children: string }): ReactNode => drawn(prosePieces(children));
