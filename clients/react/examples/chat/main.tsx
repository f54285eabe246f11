// A chat: conversations, answers while they are written, tools, approvals, branches.

import { useConnection, useConversations } from '@spool/react';
import { StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { Chat } from './chat.js';
import '../style.css';

function App() {
  const [id, setId] = useState<string>();
  const { conversations, create, delete: remove, star } = useConversations();
  const connection = useConnection();
  return (
    <div className="chat">
      <nav>
        <p role="status">{connection.status}</p>
        <button onClick={() => void create().then((made) => setId(made.id))}>New</button>
        {conversations.map((one) => (
          <div key={one.id}>
            <button aria-current={one.id === id} onClick={() => setId(one.id)}>{one.starred && '★ '}{one.title || 'New'}</button>
            <small>
              <a href="#star" onClick={() => void star(one.id, !one.starred)}>star</a> <a href="#delete" onClick={() => void remove(one.id)}>delete</a>
            </small>
          </div>
        ))}
      </nav>
      {id ? <Chat key={id} id={id} /> : <main>Choose a conversation, or begin a new one.</main>}
    </div>
  );
}

createRoot(document.getElementById('root')!).render(<StrictMode><App /></StrictMode>);
