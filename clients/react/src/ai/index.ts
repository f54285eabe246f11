// Spool as what answers the AI SDK's useChat.

export type { Reconnect, SendMessages, TransportOptions, UIMessageLike } from './transport.js';
export { SpoolChatTransport } from './transport.js';
