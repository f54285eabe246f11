// What goes over the wire of a conversation, as the server documents it.

/** What an answer took. Tokens are counts, costUsd is in dollars. */
export interface Usage {
  inputTokens: number;
  outputTokens: number;
  cacheReadTokens: number;
  cacheCreationTokens: number;
  turns: number;
  costUsd: number;
}

/** How turns are run: of a conversation for all of them, of a message for its own. */
export interface ChatOptions {
  model?: string;
  effort?: 'low' | 'medium' | 'high' | 'xhigh' | 'max';
  permissionMode?: string;
  maxBudgetUsd?: number;
  /** A directory in the server's workspace, relative to it. */
  cwd?: string;
}

/** What the server tells of a conversation. Times are RFC 3339. */
export interface Conversation {
  id: string;
  title: string;
  icon?: string;
  tags: string[];
  starred: boolean;
  system?: string;
  options?: ChatOptions;
  createdAt: string;
  updatedAt: string;
  /** The id of its last message, missing if it has none. */
  head?: string;
  messageCount: number;
  lastMessagePreview?: string;
  /** The run that is answering now. */
  run?: string;
  /** How many messages wait behind it. */
  queued?: number;
  usage: Usage;
}

/** One message of a conversation, as the HTTP routes tell it. Its id is a hash of all that it is. */
export interface TreeMessage {
  id: string;
  role: 'user' | 'assistant';
  content: string;
  /** Missing for the first one. */
  parent?: string;
  run?: string;
  createdAt: string;
}

/** The end of a run: what it took to end everything that it had started. */
export interface Stop {
  rung: string;
  survivors: number[];
}

/** Says that a text is not all of a line; GET /api/runs/{run}/lines?from=&to= has it. */
export interface Cut {
  run: string;
  line: number;
  bytes: number;
}

export interface ApprovalContext {
  description?: string;
  blockedPath?: string;
  toolUseId?: string;
  /** Rules by which such calls would not be asked for again: one of them may be an answer's rememberEntry. */
  suggestions?: unknown[];
}

interface Journal {
  id: string;
  /** Grows by one with every frame of a conversation. */
  seq: number;
  sessionId: string;
  runId: string;
  timestamp: string;
  line?: number;
  /** For what a subagent says: the tool call that started it. */
  parentToolId?: string;
  cut?: Cut;
}

export interface TextFrame extends Journal {
  kind: 'text';
  role: 'user' | 'assistant';
  content: string;
  messageId?: string;
  clientMessageId?: string;
  /** Of a user's message: the one before it, empty for a first one. */
  parent?: string;
}

export interface ThinkingFrame extends Journal {
  kind: 'thinking';
  content: string;
}

export interface ToolUseFrame extends Journal {
  kind: 'tool_use';
  toolId: string;
  toolName: string;
  toolInput?: unknown;
}

export interface ToolResultFrame extends Journal {
  kind: 'tool_result';
  toolId: string;
  toolResult: { content: string; isError: boolean };
}

export interface StreamDeltaFrame extends Journal {
  kind: 'stream_delta';
  content: string;
  /** thinking for a thought. */
  status?: string;
}

export interface StreamEndFrame extends Journal {
  kind: 'stream_end';
}

export interface PermissionRequestFrame extends Journal {
  kind: 'permission_request';
  requestId: string;
  toolName: string;
  input?: unknown;
  context?: ApprovalContext;
}

export interface PermissionCancelledFrame extends Journal {
  kind: 'permission_cancelled';
  requestId: string;
  /** allowed, denied, timed_out or cancelled. */
  reason?: string;
  text?: string;
}

export interface StatusFrame extends Journal {
  kind: 'status';
  status?: string;
  text?: string;
  /** The place in the queue, 1 being the next. */
  position?: number;
  /** With the status deadline: how soon the run will be ended. */
  inSeconds?: number;
  toolId?: string;
}

export interface ErrorFrame extends Journal {
  kind: 'error';
  content: string;
  clientMessageId?: string;
}

export interface CompleteFrame extends Journal {
  kind: 'complete';
  exitCode: number;
  aborted: boolean;
  success: boolean;
  result: string;
  usage?: Usage;
  costUsd: number;
  state: string;
  code?: string;
  error?: string;
  /** The conversation's last message by then. */
  head?: string;
  stop?: Stop;
}

/** A frame of a conversation's journal. */
export type JournalFrame =
  | TextFrame
  | ThinkingFrame
  | ToolUseFrame
  | ToolResultFrame
  | StreamDeltaFrame
  | StreamEndFrame
  | PermissionRequestFrame
  | PermissionCancelledFrame
  | StatusFrame
  | ErrorFrame
  | CompleteFrame;

export interface SubscribedFrame {
  kind: 'chat_subscribed';
  sessionId: string;
  timestamp: string;
  isProcessing: boolean;
  runId?: string;
  lastSeq: number;
  floor?: number;
  epoch: string;
  pendingPermissions: unknown[];
  replay: 'complete' | 'reset';
  code?: string;
}

export interface SessionUpsertedFrame {
  kind: 'session_upserted';
  sessionId: string;
  timestamp: string;
  session: Conversation;
}

export interface SessionDeletedFrame {
  kind: 'session_deleted';
  sessionId: string;
  timestamp: string;
}

export interface ProtocolErrorFrame {
  kind: 'protocol_error';
  code: string;
  error: string;
  sessionId: string | null;
  timestamp: string;
}

/** Everything that the server says on the chat socket. */
export type ServerFrame = JournalFrame | SubscribedFrame | SessionUpsertedFrame | SessionDeletedFrame | ProtocolErrorFrame;
