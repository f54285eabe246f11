// One WebSocket of which nothing is heard any more once it is let go.

/** What a WebSocket must be: the browser's, or that of the package ws. */
export interface SocketLike {
  readonly readyState: number;
  onopen: ((event: any) => void) | null;
  onmessage: ((event: any) => void) | null;
  onclose: ((event: any) => void) | null;
  onerror: ((event: any) => void) | null;
  send(data: string): void;
  close(code?: number, reason?: string): void;
}

export type SocketConstructor = new (url: string, protocols?: string | string[]) => SocketLike;

export interface SocketEvents {
  open?(): void;
  text(data: string): void;
  /** opened is false if the handshake came to nothing. */
  close(code: number, opened: boolean): void;
}

/** A connection. Its events come until it is let go. */
export interface Wire {
  send(text: string): void;
  letGo(): void;
}

/** Opens a connection. A browser that cannot so much as begin is told as a lost one. */
export function open(constructor: SocketConstructor | undefined, url: string, protocols: string[], events: SocketEvents): Wire {
  const Socket = constructor ?? (globalThis.WebSocket as SocketConstructor | undefined);
  if (!Socket) throw new Error('there is no WebSocket here: give the client one, such as that of the package ws');
  const socket = new Socket(url, protocols);
  let opened = false;
  socket.onopen = () => {
    opened = true;
    events.open?.();
  };
  socket.onmessage = ({ data }: { data: unknown }) => events.text(String(data));
  socket.onerror = () => {}; // its close tells
  socket.onclose = ({ code }: { code: number }) => events.close(code, opened);
  return { send: (text) => socket.send(text), letGo: () => letGo(socket) };
}

/** Some WebSockets report an error if they are closed before they are open: nobody hears it. */
function letGo(socket: SocketLike): void {
  socket.onopen = socket.onmessage = socket.onclose = null;
  socket.onerror = () => {};
  socket.close(1000);
}
