// Spool without React: one client for its chat socket, its conversations and its runs.

export type { ClaudeOptions } from './claude.js';
export { ClaudeRun } from './claude.js';
export type { SpoolOptions } from './client.js';
export { SpoolClient } from './client.js';
export type { ConnectionState } from './connection.js';
export type { ConversationView } from './conversation.js';
export { ConversationStore } from './conversation.js';
export type { ConversationsView, NewConversation } from './conversations.js';
export { ConversationsStore } from './conversations.js';
export { SpoolError } from './errors.js';
export type { Line, RunState } from './lines.js';
export { initialRun, isOver, reduceRun, reduceRunAll } from './lines.js';
export type { SendOptions, Sent } from './outbox.js';
export { Tree } from './path.js';
export { initialState, reduce, reduceAll } from './reduce.js';
export type { RunFilter, RunsView } from './runs.js';
export { RunsStore } from './runs.js';
export type { SocketConstructor, SocketLike } from './socket.js';
export * from './view.js';
export type * from './wire.js';
