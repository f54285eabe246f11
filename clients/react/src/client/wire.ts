// What goes over the wire, as the server's documents have it: generated, under the names that are
// used here.

import type * as wire from './protocol.gen.js';

export type {
  ApprovalContext, ChatOptions, ChatSendRequest, CompleteFrame, Conversation, Cut, DecisionRequest as Decision, ErrorFrame, Message as TreeMessage,
  PermissionCancelledFrame, PermissionRequestFrame, ProtocolErrorFrame, Run as RunRecord, RunStop as Stop, RunUsage as Usage, SessionDeletedFrame,
  SessionUpsertedFrame, StatusFrame, StreamDeltaFrame, StreamEndFrame, SubscribedFrame, TextFrame, ThinkingFrame, ToolResultFrame, ToolUseFrame,
} from './protocol.gen.js';

/** A frame of a conversation's journal. */
export type JournalFrame =
  | wire.TextFrame
  | wire.ThinkingFrame
  | wire.ToolUseFrame
  | wire.ToolResultFrame
  | wire.StreamDeltaFrame
  | wire.StreamEndFrame
  | wire.PermissionRequestFrame
  | wire.PermissionCancelledFrame
  | wire.StatusFrame
  | wire.ErrorFrame
  | wire.CompleteFrame;

/** Everything that the server says on the chat socket to who speaks the gateway vocabulary. */
export type ServerFrame = JournalFrame | wire.SubscribedFrame | wire.SessionUpsertedFrame | wire.SessionDeletedFrame | wire.ProtocolErrorFrame;

/** Everything that the server says on the socket of a run. */
export type Envelope = wire.InfoSendEnvelope | wire.Envelope;

/** What the chat socket is asked for. */
export type ClientFrame = wire.ChatSendRequest | wire.ChatAbortRequest | wire.ChatSubscribeRequest | wire.ChatUnsubscribeRequest;
export type Subscription = wire.ChatSubscribeRequest['sessions'][number];
