import type { Conversation } from '@spool/react';
import type { ReactNode } from 'react';
import { memo } from 'react';
import { chatAddress } from '../state/route.js';
import { titleOf } from '../state/title.js';
import { ago, dollars, moment, tokens } from '../text/format.js';
import { ConversationMenu } from './conversation-menu.js';
import { Icon } from './icon.js';
import { Exact } from './visible.js';

interface Props {
  conversation: Conversation;
  now: number;
  isCurrent: boolean;
  isWaiting: boolean;
}

export const ConversationItem = memo(function ConversationItem({ conversation, now, isCurrent, isWaiting }: Props): ReactNode {
  const { id, updatedAt, lastMessagePreview, starred, tags, usage, run } = conversation;
  return (
    <li className="item">
      <a className="conversation" href={chatAddress(id)} aria-current={isCurrent ? 'page' : undefined}>
        <span className="item-title">
          {starred && <Icon name="star" filled />}
          <bdi><Exact>{titleOf(conversation)}</Exact></bdi>
          <State isWaiting={isWaiting} isRunning={Boolean(run)} />
        </span>
        {lastMessagePreview && <span className="item-preview"><bdi><Exact>{previewOf(lastMessagePreview)}</Exact></bdi></span>}
        <span className="item-facts">
          <time dateTime={updatedAt} title={moment(updatedAt)}>{ago(updatedAt, now)}</time>
          <Spent usage={usage} />
          {tags.map((tag) => <span key={tag} className="tag"><Exact>{tag}</Exact></span>)}
        </span>
      </a>
      <ConversationMenu conversation={conversation} />
    </li>
  );
});

/** The beginning of a message in one line, without the signs of Markdown that stand out. */
const previewOf = (text: string): string => text.replace(/^#+ |^> |```\w*|\*\*|`/gm, '').replace(/\s+/g, ' ').trim();

function State({ isWaiting, isRunning }: { isWaiting: boolean; isRunning: boolean }): ReactNode {
  if (isWaiting) return <span className="badge attention">waits for you</span>;
  return isRunning && <span className="badge" title="An answer is being written"><span className="pulse" aria-hidden="true" /><span className="offscreen">answering</span></span>;
}

/** What a conversation took, once it took anything. */
export function Spent({ usage }: { usage: Conversation['usage'] }): ReactNode {
  const all = usage.inputTokens + usage.outputTokens;
  return all > 0 && <span className="spent" title={`${tokens(usage.inputTokens)} read, ${usage.outputTokens} written`}>{tokens(all)} · {dollars(usage.costUsd)}</span>;
}
