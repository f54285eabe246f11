// The React hook that people have, as a fixture: one socket at a time, the old one closed
// by the next connect, the prompt sent 100 ms after the socket opened.

import { useCallback, useRef, useState } from 'react';

export function useClaude(url) {
  const [messages, setMessages] = useState([]);
  const [isConnected, setIsConnected] = useState(false);
  const current = useRef(null);

  const connect = useCallback((prompt, meta) => {
    current.current?.close();
    const socket = new WebSocket(url);
    current.current = socket;
    socket.onopen = () => {
      setIsConnected(true);
      setTimeout(() => socket.send(JSON.stringify({ prompt, meta })), 100);
    };
    socket.onmessage = (event) => setMessages((all) => [...all, event.data]);
    socket.onclose = () => setIsConnected(false);
  }, [url]);

  return { messages, isConnected, connect };
}
