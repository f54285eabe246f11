// Spool in React: hooks over the client, and the client itself.

export * from '../client/index.js';
export type { SpoolProviderProps } from './context.js';
export { SpoolProvider, useSpool } from './context.js';
export type { ClaudeActions } from './useClaude.js';
export { useClaude } from './useClaude.js';
export { useConnection } from './useConnection.js';
export type { ConversationActions, UseConversation } from './useConversation.js';
export { useConversation } from './useConversation.js';
export type { ConversationsActions } from './useConversations.js';
export { useConversations } from './useConversations.js';
export type { RunsActions } from './useRuns.js';
export { useRuns } from './useRuns.js';
