import type { Message } from '@spool/react';
import { textOf, useConversation } from '@spool/react';
import type { FormEvent } from 'react';
import { Blocks } from './blocks.js';

export function Chat({ id }: { id: string }) {
  const chat = useConversation(id);
  const send = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = event.currentTarget;
    void chat.send(String(new FormData(form).get('content')), { queue: true });
    form.reset();
  };
  if (chat.error) return <main className="error">{chat.error.message}</main>;
  return (
    <main>
      <div className="messages" aria-busy={chat.isLoading}>
        {chat.messages.map((message) => <One key={message.key} message={message} chat={chat} />)}
      </div>
      <form onSubmit={send}>
        <textarea name="content" aria-label="Message" rows={2} required />
        <button>{chat.isActive ? 'Queue' : 'Send'}</button>
        {chat.isActive && <button type="button" onClick={() => void chat.abort()}>Stop</button>}
      </form>
    </main>
  );
}

type Chatting = ReturnType<typeof useConversation>;

function One({ message, chat }: { message: Message; chat: Chatting }) {
  return (
    <article className={`message ${message.role}`}>
      <Blocks blocks={message.blocks} respond={chat.respond} />
      <small>
        {message.delivery ?? (message.role === 'assistant' ? message.status : '')} {message.error && <span className="error">{message.error}</span>}
        <Branches message={message} chat={chat} />
        {!chat.isActive && message.role !== 'system' && <Again message={message} chat={chat} />}
      </small>
    </article>
  );
}

/** Goes to what else was said in this place. */
function Branches({ message, chat }: { message: Message; chat: Chatting }) {
  const branches = chat.branchesOf(message);
  if (branches.length < 2) return null;
  const at = branches.findIndex(({ key }) => key === message.key);
  const go = (to: number) => <button disabled={!branches[to]?.id} onClick={() => void chat.switchTo(branches[to]!)}>{to < at ? '‹' : '›'}</button>;
  return <span> {go(at - 1)} {at + 1}/{branches.length} {go(at + 1)} </span>;
}

function Again({ message, chat }: { message: Message; chat: Chatting }) {
  const edit = (): void => {
    const content = window.prompt('Say instead', textOf(message));
    if (content) void chat.edit(message, content);
  };
  if (message.role === 'user' && !message.delivery) return <button onClick={edit}>Edit</button>;
  return <button onClick={() => void chat.retry(message)}>Again</button>;
}
