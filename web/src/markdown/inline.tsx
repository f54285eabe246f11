import type { Token, Tokens } from 'marked';
import type { ReactNode } from 'react';
import { Exact, Prose } from '../components/visible.js';
import { visible } from '../text/visible.js';
import { safeAddress, unescape } from './address.js';

/** What stands in a line. HTML is shown as the text that it is. */
export function Inline({ tokens }: { tokens: readonly Token[] | undefined }): ReactNode {
  return tokens?.map((token, at) => <One key={at} token={token} />);
}

function One({ token }: { token: Token }): ReactNode {
  switch (token.type) {
    case 'strong': return <strong><Inline tokens={token.tokens} /></strong>;
    case 'em': return <em><Inline tokens={token.tokens} /></em>;
    case 'del': return <del><Inline tokens={token.tokens} /></del>;
    case 'codespan': return <code><Exact>{(token as Tokens.Codespan).text}</Exact></code>;
    case 'br': return <br />;
    case 'link': return <Link link={token as Tokens.Link} />;
    case 'image': return <Picture image={token as Tokens.Image} />;
    case 'text': return token.tokens ? <Inline tokens={token.tokens} /> : <Prose>{unescape((token as Tokens.Text).text)}</Prose>;
    case 'escape': return <Prose>{(token as Tokens.Escape).text}</Prose>;
    case 'checkbox': return null;
    default: return <Prose>{token.raw}</Prose>;
  }
}

/** A link that leads nowhere good stays what was written. */
function Link({ link }: { link: Tokens.Link }): ReactNode {
  const address = safeAddress(link.autolink ? link.href : unescape(link.href));
  if (!address) return <Prose>{link.raw}</Prose>;
  return <a href={address} target="_blank" rel="noopener noreferrer" title={visible(address)}><Inline tokens={link.tokens} /></a>;
}

/** Pictures are not fetched: whoever serves them would learn of it. */
function Picture({ image }: { image: Tokens.Image }): ReactNode {
  const address = safeAddress(unescape(image.href));
  if (!address) return <Prose>{image.raw}</Prose>;
  return (
    <a className="picture" href={address} target="_blank" rel="noopener noreferrer">
      <span>image{image.text && ': '}<Prose>{unescape(image.text)}</Prose></span> <Exact>{address}</Exact>
    </a>
  );
}
