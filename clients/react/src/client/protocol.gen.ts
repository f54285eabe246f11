// Generated from docs/asyncapi.json and docs/openapi.json: npm run generate

/** The id of a conversation: nobody can guess it. */
export type ConversationId = string;

/** The id of a message: the SHA-256 of its role, its content and its parent's id, in hex. */
export type MessageId = string;

/** The id of a request for an approval. */
export type ApprovalId = string;

/** How turns are run. In a conversation they hold for all of them, in a message for that one. */
export interface ChatOptions {
  /** A model of the agent, if the server allows it (--allow-model), else FORBIDDEN_OPTION. */
  model?: string;
  /** How hard the model thinks. */
  effort?: "low" | "medium" | "high" | "xhigh" | "max";
  /** One of the agent's, if the server allows it (--allow-permission-mode), else FORBIDDEN_OPTION. */
  permissionMode?: string;
  /** What an answer may cost. */
  maxBudgetUsd?: number;
  /** A directory in the workspace, relative to it. */
  cwd?: string;
}

/** A conversation. head is its last message, run the one that is answering now; keys without a value are left out. */
export interface Conversation {
  id: ConversationId;
  /** What it is called: given by somebody, else the beginning of the first message. */
  title: string;
  /** Missing for none in a Conversation. */
  icon?: string;
  tags: string[];
  starred: boolean;
  /** The system prompt, chosen when it was made; missing for none. */
  system?: string;
  options?: ChatOptions;
  /** When it was made. */
  createdAt: string;
  /** When it changed last. */
  updatedAt: string;
  head?: MessageId;
  /** From the root to the head. */
  messageCount: number;
  /** The beginning of the last message. */
  lastMessagePreview?: string;
  run?: RunId;
  /** How many messages wait for the run to end; missing for 0. */
  queued?: number;
  usage: RunUsage;
}

/** A conversation in short. */
export interface ConversationMetadata {
  id: ConversationId;
  /** What it is called. */
  title: string;
  /** Seconds since 1970. */
  created_at: number;
  /** Likewise. */
  updated_at: number;
  message_count: number;
  /** The beginning of the last message; null if there is none. */
  last_message_preview: string | null;
}

/** What the agent says about a call. */
export interface ApprovalContext {
  /** What the call is for. */
  description?: string;
  /** Why it is asked for. */
  reason?: string;
  /** The path that the agent may not use by itself. */
  blockedPath?: string;
  /** The call: the toolId of its tool_use. */
  toolUseId?: string;
  /** Rules by which such calls would not be asked for again, as the agent writes them. One of them may come back as rememberEntry. */
  suggestions?: Record<string, unknown>[];
}

/** What the answer took, as the agent counts it; missing without a result. */
export interface RunUsage {
  inputTokens: number;
  outputTokens: number;
  cacheReadTokens: number;
  cacheCreationTokens: number;
  turns: number;
  costUsd: number;
}

/** What it took to end the run with everything that it had started; missing if no process was started. */
export interface RunStop {
  /** The last step that was needed. exit: it ended by itself. interrupt: its turn was broken off, and then it ended by itself. */
  rung: "exit" | "interrupt" | "SIGTERM" | "SIGKILL";
  /** Ids of processes that could not be ended. None is the proof that everything is gone. */
  survivors: number[];
}

/** Names an error for programs. The set only grows. */
export type ErrorCode = "INVALID_JSON" | "INVALID_PROMPT" | "INVALID_META" | "INVALID_OPTION" | "FORBIDDEN_OPTION" | "BUSY" | "PROMPT_TIMEOUT" | "API_ERROR" | "SPAWN_FAILED" | "EXIT_NONZERO" | "KILLED_BY_SIGNAL" | "TIMEOUT_WALL" | "TIMEOUT_IDLE" | "INCOMPLETE" | "OUTPUT_LIMIT" | "PROCESS_LIMIT" | "SLOW_CLIENT" | "ABORTED" | "INTERRUPTED" | "STORAGE_FULL" | "OUTPUT_GONE" | "OUTPUT_DAMAGED" | "REPLAY_GAP" | "INTERNAL" | "OVERLOADED" | "DRAINING" | "SESSION_ID_REQUIRED" | "SESSION_NOT_FOUND" | "UNSUPPORTED_PROVIDER" | "RUN_IN_PROGRESS" | "NO_ACTIVE_RUN" | "UNKNOWN_MESSAGE_TYPE" | "INTERNAL_ERROR" | "APPROVAL_GONE" | "HEAD_MOVED" | "QUEUE_FULL" | "INVALID_CONTENT" | "FORBIDDEN_HOST" | "FORBIDDEN_ORIGIN" | "BAD_REQUEST" | "NOT_FOUND" | "METHOD_NOT_ALLOWED" | "UPGRADE_REQUIRED" | "KEY_REUSED" | "TOO_LARGE" | "UNAUTHORIZED" | "RATE_LIMITED";

/** Why a run has ended without success. */
export type RunCode = "API_ERROR" | "SPAWN_FAILED" | "EXIT_NONZERO" | "KILLED_BY_SIGNAL" | "TIMEOUT_WALL" | "TIMEOUT_IDLE" | "INCOMPLETE" | "OUTPUT_LIMIT" | "PROCESS_LIMIT" | "SLOW_CLIENT" | "BUSY" | "ABORTED" | "INTERRUPTED" | "STORAGE_FULL" | "DRAINING" | "INTERNAL";

/** Where a run is in its life: waiting is for somebody's approval. The last five are final. */
export type RunState = "queued" | "starting" | "running" | "waiting" | "succeeded" | "failed" | "aborted" | "timed_out" | "interrupted";

/** The id of a run: nobody can guess it. */
export type RunId = string;

/** A failure: a text for people and a code for programs. */
export interface Error {
  /** For people. It never holds a path, a secret or a prompt. */
  error: string;
  code: ErrorCode;
}

/** Not all of a line is in the frame: GET /api/runs/{run}/lines?from={line-1}&to={line} has it whole. */
export interface Cut {
  run: RunId;
  line: number;
  /** Of the line. */
  bytes: number;
}

/** A message, or a whole block of one. A user's is the first frame of its run. */
export interface TextFrame {
  kind: "text";
  /** <sessionId>:<seq>. */
  id: string;
  /** Grows by 1 with each frame, for the conversation's whole life. */
  seq: number;
  sessionId: ConversationId;
  /** The run that it is of; empty for a message that waited and could not be sent. */
  runId: string;
  /** When it was written. */
  timestamp: string;
  /** The number of the line of the run's output that it came from; missing if from none. */
  line?: number;
  /** Who says it. */
  role: "user" | "assistant";
  /** Its text. */
  content: string;
  messageId?: MessageId;
  /** What its sender has named it. */
  clientMessageId?: string;
  /** Of a user's message: the one before it, empty for a first one. */
  parent?: string;
  /** The call that has started the nested agent whose frame this is. */
  parentToolId?: string;
  cut?: Cut;
}

/** What the model thinks. */
export interface ThinkingFrame {
  kind: "thinking";
  /** <sessionId>:<seq>. */
  id: string;
  /** Grows by 1 with each frame, for the conversation's whole life. */
  seq: number;
  sessionId: ConversationId;
  /** The run that it is of; empty for a message that waited and could not be sent. */
  runId: string;
  /** When it was written. */
  timestamp: string;
  /** The number of the line of the run's output that it came from; missing if from none. */
  line?: number;
  /** Its text. */
  content: string;
  /** The call that has started the nested agent whose frame this is. */
  parentToolId?: string;
  cut?: Cut;
}

/** A tool is called. */
export interface ToolUseFrame {
  kind: "tool_use";
  /** <sessionId>:<seq>. */
  id: string;
  /** Grows by 1 with each frame, for the conversation's whole life. */
  seq: number;
  sessionId: ConversationId;
  /** The run that it is of; empty for a message that waited and could not be sent. */
  runId: string;
  /** When it was written. */
  timestamp: string;
  /** The number of the line of the run's output that it came from; missing if from none. */
  line?: number;
  /** Of the call. */
  toolId: string;
  /** Of the tool. */
  toolName: string;
  /** Missing if it is cut. */
  toolInput?: Record<string, unknown>;
  /** The call that has started the nested agent whose frame this is. */
  parentToolId?: string;
  cut?: Cut;
}

/** What a call has come to. */
export interface ToolResultFrame {
  kind: "tool_result";
  /** <sessionId>:<seq>. */
  id: string;
  /** Grows by 1 with each frame, for the conversation's whole life. */
  seq: number;
  sessionId: ConversationId;
  /** The run that it is of; empty for a message that waited and could not be sent. */
  runId: string;
  /** When it was written. */
  timestamp: string;
  /** The number of the line of the run's output that it came from; missing if from none. */
  line?: number;
  /** Of the call. */
  toolId: string;
  /** The tool's answer. */
  toolResult: {
    /** As text. */
    content: string;
    isError: boolean;
  };
  /** The call that has started the nested agent whose frame this is. */
  parentToolId?: string;
  cut?: Cut;
}

/** Some of a block that is being written: the whole of it comes as text or thinking. */
export interface StreamDeltaFrame {
  kind: "stream_delta";
  /** <sessionId>:<seq>. */
  id: string;
  /** Grows by 1 with each frame, for the conversation's whole life. */
  seq: number;
  sessionId: ConversationId;
  /** The run that it is of; empty for a message that waited and could not be sent. */
  runId: string;
  /** When it was written. */
  timestamp: string;
  /** The number of the line of the run's output that it came from; missing if from none. */
  line?: number;
  /** What is new. */
  content: string;
  /** thinking, if it is a block of that; else missing. */
  status?: "thinking";
  /** The call that has started the nested agent whose frame this is. */
  parentToolId?: string;
  cut?: Cut;
}

/** The block is written. */
export interface StreamEndFrame {
  kind: "stream_end";
  /** <sessionId>:<seq>. */
  id: string;
  /** Grows by 1 with each frame, for the conversation's whole life. */
  seq: number;
  sessionId: ConversationId;
  /** The run that it is of; empty for a message that waited and could not be sent. */
  runId: string;
  /** When it was written. */
  timestamp: string;
  /** The number of the line of the run's output that it came from; missing if from none. */
  line?: number;
  /** The call that has started the nested agent whose frame this is. */
  parentToolId?: string;
  cut?: Cut;
}

/** The agent asks for an approval, and waits. */
export interface PermissionRequestFrame {
  kind: "permission_request";
  /** <sessionId>:<seq>. */
  id: string;
  /** Grows by 1 with each frame, for the conversation's whole life. */
  seq: number;
  sessionId: ConversationId;
  /** The run that it is of; empty for a message that waited and could not be sent. */
  runId: string;
  /** When it was written. */
  timestamp: string;
  /** The number of the line of the run's output that it came from; missing if from none. */
  line?: number;
  requestId: ApprovalId;
  /** The tool's name. */
  toolName: string;
  /** What the tool is called with. */
  input: Record<string, unknown>;
  context: ApprovalContext;
  /** The call that has started the nested agent whose frame this is. */
  parentToolId?: string;
  cut?: Cut;
}

/** A request for an approval is open no more. */
export interface PermissionCancelledFrame {
  kind: "permission_cancelled";
  /** <sessionId>:<seq>. */
  id: string;
  /** Grows by 1 with each frame, for the conversation's whole life. */
  seq: number;
  sessionId: ConversationId;
  /** The run that it is of; empty for a message that waited and could not be sent. */
  runId: string;
  /** When it was written. */
  timestamp: string;
  /** The number of the line of the run's output that it came from; missing if from none. */
  line?: number;
  requestId: ApprovalId;
  /** What has become of it. */
  reason: "allowed" | "denied" | "timed_out" | "cancelled";
  /** What the model was told, or why. */
  text?: string;
  /** The call that has started the nested agent whose frame this is. */
  parentToolId?: string;
  cut?: Cut;
}

/** What else happens: a place in the queue (queued, with position), a deadline (deadline), and what the agent says of itself. */
export interface StatusFrame {
  kind: "status";
  /** <sessionId>:<seq>. */
  id: string;
  /** Grows by 1 with each frame, for the conversation's whole life. */
  seq: number;
  sessionId: ConversationId;
  /** The run that it is of; empty for a message that waited and could not be sent. */
  runId: string;
  /** When it was written. */
  timestamp: string;
  /** The number of the line of the run's output that it came from; missing if from none. */
  line?: number;
  /** Its name. */
  status?: string;
  /** For people. */
  text?: string;
  /** In the server's queue, 1 being the next. */
  position?: number;
  /** How soon the run will be ended, with deadline. */
  inSeconds?: number;
  /** The call that it is about. */
  toolId?: string;
  /** The call that has started the nested agent whose frame this is. */
  parentToolId?: string;
  cut?: Cut;
}

/** The run has failed, or a message that waited could not be sent. The complete of a run comes behind it. */
export interface ErrorFrame {
  kind: "error";
  /** <sessionId>:<seq>. */
  id: string;
  /** Grows by 1 with each frame, for the conversation's whole life. */
  seq: number;
  sessionId: ConversationId;
  /** The run that it is of; empty for a message that waited and could not be sent. */
  runId: string;
  /** When it was written. */
  timestamp: string;
  /** The number of the line of the run's output that it came from; missing if from none. */
  line?: number;
  /** For people. */
  content: string;
  /** What its sender has named it. */
  clientMessageId?: string;
  /** The call that has started the nested agent whose frame this is. */
  parentToolId?: string;
  cut?: Cut;
}

/** The end of a run: exactly one for each. */
export interface CompleteFrame {
  kind: "complete";
  /** <sessionId>:<seq>. */
  id: string;
  /** Grows by 1 with each frame, for the conversation's whole life. */
  seq: number;
  sessionId: ConversationId;
  /** The run that it is of; empty for a message that waited and could not be sent. */
  runId: string;
  /** When it was written. */
  timestamp: string;
  /** The number of the line of the run's output that it came from; missing if from none. */
  line?: number;
  /** 0 for a success. */
  exitCode: 0 | 1;
  aborted: boolean;
  success: boolean;
  /** The agent's last words. */
  result: string;
  usage?: RunUsage;
  costUsd: number;
  /** How it ended. */
  state: "succeeded" | "failed" | "aborted" | "timed_out" | "interrupted";
  code?: RunCode;
  /** For people. */
  error?: string;
  head?: MessageId;
  stop?: RunStop;
  /** The call that has started the nested agent whose frame this is. */
  parentToolId?: string;
  cut?: Cut;
}

/** A request for an approval that is open. */
export interface PendingPermission {
  requestId: ApprovalId;
  sessionId: ConversationId;
  runId: RunId;
  /** The tool's name. */
  toolName: string;
  /** What it is called with. */
  input: Record<string, unknown>;
  context?: ApprovalContext;
}

/** The answer to a subscription: everything behind it is of the journal. With replay reset the client drops what it has, and gets the history by GET /api/messages. */
export interface SubscribedFrame {
  kind: "chat_subscribed";
  sessionId: ConversationId;
  timestamp: string;
  /** A run goes on. */
  isProcessing: boolean;
  runId?: RunId;
  /** The last frame that there is now. */
  lastSeq: number;
  /** The first one that is kept. */
  floor: number;
  /** Of the journal. Frames of another one have nothing to do with these. */
  epoch: string;
  pendingPermissions: PendingPermission[];
  /** complete: everything behind lastSeq follows. reset: it does not. */
  replay: "complete" | "reset";
  /** With a reset. */
  code?: "REPLAY_GAP";
}

/** A conversation is new, or has changed. */
export interface SessionUpsertedFrame {
  kind: "session_upserted";
  sessionId: ConversationId;
  timestamp: string;
  session: Conversation;
  /** Of the chat.create that this answers, if it had one. */
  clientRequestId?: string;
}

/** A conversation is gone. */
export interface SessionDeletedFrame {
  kind: "session_deleted";
  sessionId: ConversationId;
  timestamp: string;
}

/** No to one frame of the client, or why the socket ends. Nothing has changed. sessionId, clientMessageId, clientRequestId and requestId are what the frame has named; sessionId is null if nothing. */
export interface ProtocolErrorFrame {
  kind: "protocol_error";
  code: ErrorCode;
  /** For people. */
  error: string;
  sessionId: string | null;
  clientMessageId?: string;
  clientRequestId?: string;
  requestId?: string;
  timestamp: string;
}

/** A conversation. */
export interface ThreadChat {
  id: ConversationId;
  /** Its title. */
  name: string;
  /** Empty for none. */
  icon: string;
}

/** All conversations, the latest change first. */
export interface ChatsUpdateFrame {
  type: "chats_update";
  chats: ThreadChat[];
  /** This socket's own; null for none. */
  current_chat_id: ConversationId | null;
}

/** A conversation was made, and is the current one. */
export interface ChatCreatedFrame {
  type: "chat_created";
  chat: ThreadChat;
}

/** A conversation has another name. */
export interface ChatRenamedFrame {
  type: "chat_renamed";
  chat: ThreadChat;
}

/** A conversation is gone. */
export interface ChatDeletedFrame {
  type: "chat_deleted";
  chat_id: ConversationId;
}

/** The current conversation has another head than before, or is another one. */
export interface MessagesUpdatedFrame {
  type: "messages_updated";
  /** The last message; null for none. */
  head: MessageId | null;
  /** This socket's own; null for none. */
  current_chat_id: ConversationId | null;
}

/** The head of the current conversation. */
export interface HeadFrame {
  type: "head";
  /** The last message; null for none. */
  head: MessageId | null;
  /** This socket's own; null for none. */
  current_chat_id: ConversationId | null;
}

/** A message. */
export interface ThreadMessage {
  /** Who has written it. */
  role: "user" | "assistant";
  /** Its text. */
  content: string;
  /** null for the first one. */
  parent: MessageId | null;
  id: MessageId;
}

/** A message. */
export interface MessageFrame {
  type: "message";
  message: ThreadMessage;
}

/** No to one frame, or why a run has failed: CODE: text. */
export interface ThreadErrorFrame {
  type: "error";
  /** A code, and a text for people. */
  message: string;
}

/** A conversation was made. */
export interface ConversationCreatedFrame {
  message_type: "conversation_created";
  conversation_id: ConversationId;
  content: "New conversation created";
}

/** The answer to a message, whole. */
export interface HubMessageFrame {
  message_type: "message";
  conversation_id: ConversationId;
  /** Its text. */
  content: string;
}

/** All conversations, the latest change first. */
export interface ConversationListFrame {
  message_type: "conversation_list";
  conversations: ConversationMetadata[];
}

/** No to one frame, or why a run has failed. */
export interface HubErrorFrame {
  message_type: "error";
  /** What the frame has named; null if nothing. */
  conversation_id: string | null;
  /** For people. */
  content: string;
  error: ErrorCode;
}

/** Sends a message that is to be answered. The sender follows the conversation from now on, and sees its own message first. */
export interface ChatSendRequest {
  type: "chat.send";
  /** The conversation, white space around it aside. Unknown ones and what is no id are SESSION_NOT_FOUND. */
  sessionId: string;
  /** 1 to 49,152 bytes of UTF-8, not blank, without NUL. */
  content: string;
  provider?: "claude";
  /** How this message is answered. Every other key is FORBIDDEN_OPTION. */
  options?: {
    /** A model of the agent, if the server allows it (--allow-model), else FORBIDDEN_OPTION. */
    model?: string;
    /** How hard the model thinks. */
    effort?: "" | "low" | "medium" | "high" | "xhigh" | "max";
    /** One of the agent's, if the server allows it (--allow-permission-mode), else FORBIDDEN_OPTION. */
    permissionMode?: string;
    /** What an answer may cost. */
    maxBudgetUsd?: number;
    /** A directory in the workspace, relative to it. */
    cwd?: string;
    provider?: "claude";
    /** Only as it is: the conversation's own. */
    systemPrompt?: string;
    /** Names the run. */
    meta?: string;
    /** While a run goes on, wait for its end, behind those that wait. */
    queue?: boolean;
    /** Abort the run that goes on, and be the next. */
    interrupt?: boolean;
  };
  /** Makes it one that may be sent again: the same id is the same message. */
  clientMessageId?: string;
  /** If the conversation has another head by now: HEAD_MOVED. Empty: none. */
  expectedHead?: string;
  /** The message that it follows, if that is not the head: a branch. Empty: none, it is the first. */
  parent?: string;
}

/** Aborts the run that goes on. NO_ACTIVE_RUN if none does. */
export interface ChatAbortRequest {
  type: "chat.abort";
  /** The conversation, white space around it aside. Unknown ones and what is no id are SESSION_NOT_FOUND. */
  sessionId: string;
}

/** Follows conversations. Each is answered on its own. */
export interface ChatSubscribeRequest {
  type: "chat.subscribe";
  sessions: {
    /** The conversation, white space around it aside. Unknown ones and what is no id are SESSION_NOT_FOUND. */
    sessionId: string;
    /** The seq of the last frame that it has; what is no number counts as 0. */
    lastSeq?: unknown;
    /** Of that frame's journal. */
    epoch?: string;
    /** Runs that have ended are replayed too. */
    history?: boolean;
  }[];
}

/** Follows conversations no more. There is no answer. */
export interface ChatUnsubscribeRequest {
  type: "chat.unsubscribe";
  sessions: {
    /** The conversation, white space around it aside. Unknown ones and what is no id are SESSION_NOT_FOUND. */
    sessionId: string;
  }[];
}

/** Makes a conversation. The answer is its session_upserted. */
export interface ChatCreateRequest {
  type: "chat.create";
  /** What it is called; missing: the beginning of its first message. */
  title?: string;
  /** A sign to know it by. */
  icon?: string;
  /** The system prompt of all its turns. */
  system?: string;
  /** A message to go on from: a branch of the conversation that has it. */
  from?: string;
  /** Makes it one that may be sent again: the same id is the same conversation, as long as that is there. */
  clientRequestId?: string;
  provider?: "claude";
  /** How its turns are run. Every other key is FORBIDDEN_OPTION. */
  options?: {
    /** A model of the agent, if the server allows it (--allow-model), else FORBIDDEN_OPTION. */
    model?: string;
    /** How hard the model thinks. */
    effort?: "" | "low" | "medium" | "high" | "xhigh" | "max";
    /** One of the agent's, if the server allows it (--allow-permission-mode), else FORBIDDEN_OPTION. */
    permissionMode?: string;
    /** What an answer may cost. */
    maxBudgetUsd?: number;
    /** A directory in the workspace, relative to it. */
    cwd?: string;
    provider?: "claude";
  };
}

/** Answers a request for an approval. The first answer counts, the others are APPROVAL_GONE. */
export interface PermissionResponseRequest {
  type: "chat.permission-response";
  /** The request. */
  requestId: string;
  allow: boolean;
  /** What the tool is called with instead; missing: the input as it is. */
  updatedInput?: Record<string, unknown>;
  /** What the model is told of a denial. */
  message?: string;
  /** One of the suggestions of the request's context: such calls are not asked for again in this session. */
  rememberEntry?: unknown;
}

/** Asks for all conversations. */
export interface ListChatsRequest {
  type: "list_chats";
}

/** Makes a conversation, which becomes the current one. */
export interface CreateChatRequest {
  type: "create_chat";
  /** What it is called. */
  name?: string;
  /** A sign to know it by. */
  icon?: string;
  /** A message to go on from: a branch of the conversation that has it. */
  starting_head?: string;
}

/** Makes a conversation the current one of this socket. */
export interface SwitchChatRequest {
  type: "switch_chat";
  /** The conversation, white space around it aside. Unknown ones and what is no id are SESSION_NOT_FOUND. */
  chat_id: string;
}

/** Renames a conversation. */
export interface RenameChatRequest {
  type: "rename_chat";
  /** The conversation, white space around it aside. Unknown ones and what is no id are SESSION_NOT_FOUND. */
  chat_id: string;
  /** Not blank. */
  name: string;
}

/** Deletes a conversation. */
export interface DeleteChatRequest {
  type: "delete_chat";
  /** The conversation, white space around it aside. Unknown ones and what is no id are SESSION_NOT_FOUND. */
  chat_id: string;
}

/** Adds a message to the current conversation, without an answer. */
export interface AddMessageRequest {
  type: "send_message";
  /** 1 to 49,152 bytes of UTF-8, not blank, without NUL. */
  content: string;
}

/** Has the head of the current conversation answered. */
export interface GenerateRequest {
  type: "generate_llm_response";
  /** If the server allows it; missing: the conversation's own. */
  model_id?: string;
}

/** Asks for a message. */
export interface GetMessageRequest {
  type: "get_message";
  /** The message. */
  message_id: string;
}

/** Asks for the head of the current conversation. */
export interface GetHeadRequest {
  type: "get_head";
}

/** Makes a conversation. */
export interface NewConversationRequest {
  action: "new_conversation";
  /** Its system prompt. */
  system?: string;
}

/** Sends a message that is to be answered. The answer comes as message. */
export interface SendMessageRequest {
  action: "send_message";
  /** The conversation, white space around it aside. Unknown ones and what is no id are SESSION_NOT_FOUND. */
  conversation_id: string;
  /** 1 to 49,152 bytes of UTF-8, not blank, without NUL. */
  message: string;
}

/** Asks for all conversations. */
export interface ListConversationsRequest {
  action: "list_conversations";
}

/** One prompt and how to run it: one JSON object of at most 65,536 bytes, nested at most 64 levels deep. Unknown keys are ignored. Duplicate keys, keys in another case, lone surrogates and anything behind the object are INVALID_JSON. */
export interface Payload {
  /** Reaches the agent byte for byte. 1 to 8192 bytes of UTF-8 (the limit is in bytes, so that fewer characters may be too many); not blank; no NUL. */
  prompt: string;
  /** Names the work, for example a task id. It labels the run in logs and lists. */
  meta: string;
  /** Also the answer token by token, as stream_event lines. */
  partial?: boolean;
  /** The run goes on when nobody looks at it. Runs of POST /api/runs always do. */
  detach?: boolean;
  /** A shorter wall clock than the server's; above that: FORBIDDEN_OPTION. */
  timeoutSeconds?: number;
  /** A model of the agent, if the server allows it (--allow-model), else FORBIDDEN_OPTION. Empty: the server's own. */
  model?: string;
  /** The id of an earlier run that has ended: its session is continued. Empty: none. */
  resume?: string;
}

/** Always the first frame of /ws/claude, and byte for byte {"info":"send {prompt,meta}"}. */
export interface RawInfoSend {
  info: "send {prompt,meta}";
}

export interface RawInfoRun {
  info: "run";
  run: RunId;
}

export interface RawInfoQueued {
  info: "queued";
  /** 1 is the next. */
  position: number;
}

export interface RawInfoDeadline {
  info: "deadline";
  inSeconds: number;
}

/** The line's own bytes, without its newline. What is not UTF-8 is U+FFFD. */
export type RawLine = string;

export interface RawStderr {
  /** Values of keys and tokens are masked. */
  stderr: string;
}

/** Always the first frame of /ws/claude. */
export interface InfoSendEnvelope {
  t: "info";
  info: "send {prompt,meta}";
}

/** The run, always before anything else about it. */
export interface InfoRunEnvelope {
  t: "info";
  info: "run";
  run: RunId;
}

/** The run waits for a place. Told whenever the position changes. */
export interface InfoQueuedEnvelope {
  t: "info";
  info: "queued";
  /** 1 is the next. */
  position: number;
}

/** The run will be ended in so many seconds, for taking too long or for being silent, if it goes on as it does. */
export interface InfoDeadlineEnvelope {
  t: "info";
  info: "deadline";
  inSeconds: number;
}

/** A line of the agent's stdout. */
export interface LineEnvelope {
  t: "line";
  /** The number of the line, from 1: the cursor to go on from. */
  n: number;
  /** The line without its newline. What is not UTF-8 is U+FFFD. */
  line: string;
}

/** A line of the agent's stderr. These have no number: every view begins with the first of them. */
export interface StderrEnvelope {
  t: "stderr";
  /** Values of keys and tokens are masked. */
  text: string;
}

/** A failure that is not the run's end: a payload that was refused, a message too many, output that cannot be served. */
export interface ErrorEnvelope {
  t: "error";
  error: string;
  code: ErrorCode;
}

/** The last one of a run: how it ended. Code and error are missing on success. */
export interface EndEnvelope {
  t: "end";
  state: "succeeded" | "failed" | "aborted" | "timed_out" | "interrupted";
  code?: RunCode;
  error?: string;
}

/** What is known of a run. Times are RFC 3339 in UTC. Keys without a value are left out. `conversation` is the one whose turn it is, `message` the user's message that it answers. */
export interface Run {
  run: RunId;
  /** Names the work, for example a task id. It labels the run in logs and lists. */
  meta: string;
  state: RunState;
  code?: RunCode;
  /** How the run failed, for people. */
  error?: string;
  /** As it was sent. A message of a conversation has up to 49,152 bytes. */
  prompt: string;
  /** Missing for false. */
  partial?: true;
  /** Missing for false. */
  detach?: true;
  /** Missing: the server's own. */
  timeoutSeconds?: number;
  /** Missing: the server's own. */
  model?: string;
  resume?: RunId;
  /** The place in the queue, 1 being the next; missing outside of it. */
  position?: number;
  /** The text of the agent's answer; missing if it gave none. At most 262,144 bytes of UTF-8. */
  result?: string;
  /** The answer was longer than that: the output has it whole. */
  resultCut?: true;
  usage?: RunUsage;
  /** That for each model. */
  modelUsage?: Record<string, RunUsage>;
  conversation?: ConversationId;
  message?: MessageId;
  exit?: RunExit;
  stop?: RunStop;
  /** Lines of the agent's stdout, once the run has ended; missing for 0. */
  lines?: number;
  /** Bytes of its stdout, likewise. */
  outputBytes?: number;
  /** Bytes of its stderr, likewise. */
  stderrBytes?: number;
  /** The output is no longer kept. */
  outputGone?: true;
  /** When the run was accepted. */
  createdAt: string;
  /** When the process got its prompt. */
  startedAt?: string;
  /** When the run had ended, with everything that it had started. */
  endedAt?: string;
}

/** How the process ended; missing if there was none, or if it ended while no server looked. */
export interface RunExit {
  /** Exit status; -1 if a signal ended it. */
  code: number;
  /** Such as SIGKILL. */
  signal?: string;
}

/** Runs, the newest first. next is the value of ?before= that gets the next page; it is missing on the last one. */
export interface RunList {
  runs: Run[];
  next?: RunId;
}

/** A conversation, with its title as name too. */
export interface Chat {
  /** Its title. */
  name: string;
  id: ConversationId;
  /** What it is called: given by somebody, else the beginning of the first message. */
  title: string;
  /** Empty for none. */
  icon: string;
  tags: string[];
  starred: boolean;
  /** The system prompt, chosen when it was made; missing for none. */
  system?: string;
  options?: ChatOptions;
  /** When it was made. */
  createdAt: string;
  /** When it changed last. */
  updatedAt: string;
  head?: MessageId;
  /** From the root to the head. */
  messageCount: number;
  /** The beginning of the last message. */
  lastMessagePreview?: string;
  run?: RunId;
  /** How many messages wait for the run to end; missing for 0. */
  queued?: number;
  usage: RunUsage;
}

/** Conversations, the latest change first. */
export interface ChatList {
  chats: Chat[];
}

/** A conversation. */
export interface ChatAnswer {
  chat: Chat;
}

/** A conversation that was made. */
export interface SessionCreated {
  sessionId: ConversationId;
  session: Conversation;
}

/** A message of a conversation. */
export interface Message {
  id: MessageId;
  /** Who has written it. */
  role: "user" | "assistant";
  /** Its text. */
  content: string;
  parent?: MessageId;
  run?: RunId;
  /** When it was accepted. */
  createdAt: string;
}

/** Messages, each behind its parent. head is null if there is none. */
export interface MessageList {
  messages: Message[];
  head: MessageId | null;
  chat?: ConversationId;
}

/** A conversation, with its messages from the root to the head. */
export interface ChatExport {
  conversation: Conversation;
  messages: Message[];
}

/** Conversations in short, the latest change first. */
export interface ConversationList {
  conversations: ConversationMetadata[];
}

/** A message or a title that was found. message and role are missing for a title. */
export interface Found {
  conversation: ConversationId;
  /** The conversation's. */
  title: string;
  message?: MessageId;
  /** The message's. */
  role?: "user" | "assistant";
  /** Plain text around what was found; each hit stands between U+E000 and U+E001. */
  snippet: string;
  /** When the message was written, or the conversation changed. */
  at: string;
}

/** What was found, what fits best first. */
export interface FoundList {
  results: Found[];
}

/** What runs took that have in common what is told apart. */
export interface UsageRow {
  /** UTC. */
  day?: string;
  /** Missing if the agent has not told it. */
  model?: string;
  conversation?: ConversationId;
  /** The runs'. */
  meta?: string;
  runs: number;
  inputTokens: number;
  outputTokens: number;
  cacheReadTokens: number;
  cacheCreationTokens: number;
  turns: number;
  costUsd: number;
}

/** Usage. */
export interface UsageList {
  usage: UsageRow[];
}

/** A time, or a day. */
export type TimeOrDay = string;

/** A tool's call that the agent may make only if somebody allows it. */
export interface Approval {
  id: ApprovalId;
  run: RunId;
  conversation?: ConversationId;
  /** All but the first are final. */
  state: "pending" | "allowed" | "denied" | "timed_out" | "cancelled";
  /** The tool's name. */
  tool: string;
  /** What the tool is called with. */
  input: Record<string, unknown>;
  /** The SHA-256 of the input, as the agent has written it, in hex. An answer counts for this input alone. */
  inputHash: string;
  context?: ApprovalContext;
  /** When it was asked for. */
  createdAt: string;
  /** When it is denied, if nobody answers; missing for never. */
  expiresAt?: string;
  /** When it was answered, or was open no more. */
  decidedAt?: string;
  /** Who has answered: an address, as long as nobody logs in; server for a rule, a timeout or a cancellation. */
  decidedBy?: string;
  /** What the model was told of a denial, or why it was cancelled. */
  reason?: string;
}

/** Requests for approvals. */
export interface ApprovalList {
  approvals: Approval[];
}

/** How a conversation begins. Unknown keys are ignored, but not in options; null counts as not given. */
export interface ChatRequest {
  /** What it is called; missing: the beginning of its first message. */
  name?: string;
  /** A sign to know it by. */
  icon?: string;
  /** The system prompt of all its turns. */
  system?: string;
  /** A message to go on from: a branch of the conversation that has it. */
  starting_head?: string;
  /** How its turns are run. Every other key is FORBIDDEN_OPTION. */
  options?: {
    /** A model of the agent, if the server allows it (--allow-model), else FORBIDDEN_OPTION. */
    model?: string;
    /** How hard the model thinks. */
    effort?: "" | "low" | "medium" | "high" | "xhigh" | "max";
    /** One of the agent's, if the server allows it (--allow-permission-mode), else FORBIDDEN_OPTION. */
    permissionMode?: string;
    /** What an answer may cost. */
    maxBudgetUsd?: number;
    /** A directory in the workspace, relative to it. */
    cwd?: string;
    provider?: "claude";
  };
}

/** How a conversation begins: the members of chat.create. */
export interface SessionRequest {
  /** What it is called; missing: the beginning of its first message. */
  title?: string;
  /** A sign to know it by. */
  icon?: string;
  /** The system prompt of all its turns. */
  system?: string;
  /** A message to go on from: a branch of the conversation that has it. */
  from?: string;
  /** Makes it one that may be sent again: the same id is the same conversation, as long as that is there. */
  clientRequestId?: string;
  provider?: "claude";
  /** How its turns are run. Every other key is FORBIDDEN_OPTION. */
  options?: {
    /** A model of the agent, if the server allows it (--allow-model), else FORBIDDEN_OPTION. */
    model?: string;
    /** How hard the model thinks. */
    effort?: "" | "low" | "medium" | "high" | "xhigh" | "max";
    /** One of the agent's, if the server allows it (--allow-permission-mode), else FORBIDDEN_OPTION. */
    permissionMode?: string;
    /** What an answer may cost. */
    maxBudgetUsd?: number;
    /** A directory in the workspace, relative to it. */
    cwd?: string;
    provider?: "claude";
  };
}

/** What is to be changed. */
export interface ChatUpdateRequest {
  /** Not blank. */
  name?: string;
  /** Empty for none. */
  icon?: string;
  /** A message that the conversation has: it becomes the last one. Empty: none. */
  head?: string;
  /** If the head is another one by now, nothing is changed: HEAD_MOVED. Empty: none. */
  expectedHead?: string;
}

/** All tags; one that comes twice counts once. */
export interface TagsRequest {
  tags: string[];
}

/** The star. */
export interface StarRequest {
  starred: boolean;
}

/** An answer to a request for an approval. */
export interface DecisionRequest {
  allow: boolean;
  /** What the tool is called with instead; missing: the input as it is. */
  updatedInput?: Record<string, unknown>;
  /** What the model is told of a denial. */
  message?: string;
  /** One of the suggestions of the request's context: such calls are not asked for again in this session. */
  rememberEntry?: unknown;
}

/** A message of a session. */
export interface WebChatMessage {
  role: "user" | "assistant";
  content: string;
  at: string;
  id: MessageId;
}

/** What a client of the web chat begins with. */
export interface WebChatInfo {
  /** The page, under the name that was asked for. */
  baseUrl: string;
  token: string;
  /** Until when the token is good. */
  expiresAt: string;
  /** Those of the session `main`, the oldest first. */
  initialMessages: WebChatMessage[];
}

export interface WebChatHistory {
  messages: WebChatMessage[];
}

/** A message to a session. Unknown keys are ignored; null counts as not given. */
export interface WebChatRequest {
  /** 1 to 49,152 bytes of UTF-8, not blank, no NUL. */
  text: string;
  /** What the client calls the session. It is a conversation, made with its first message. */
  session?: string;
  /** How hard the model thinks; off and minimal are the least that there is. */
  thinking?: "off" | "minimal" | "low" | "medium" | "high" | "xhigh" | "max";
  /** Send the answer to a webhook too. */
  deliver?: boolean;
  /** The name of that webhook: the operator gives it with --webhook. */
  to?: string;
}

/** What came of a message. */
export interface WebChatReply {
  ok: boolean;
  payloads?: {
    /** The answer. */
    text: string;
    /** The webhook that it was to be delivered to. */
    to?: string;
    /** It has been taken there; missing: it has not. */
    delivered?: true;
    attempts?: number;
  }[];
  /** Why it is not ok. */
  error?: string;
  code?: ErrorCode;
}

/** What the AI SDK sends: `message`, or `messages`, of which the last one of the user counts. Unknown keys are ignored, but not in options. */
export interface UIMessageRequest {
  message?: {
    id?: string;
    role: "user";
    parts: {
      type: "text";
      text: string;
    }[];
  };
  messages?: Record<string, unknown>[];
  trigger?: "submit-message" | "regenerate-message";
  /** That message of the SDK's takes the place of an earlier one. */
  messageId?: string;
  /** How the turn is run. Every other key is FORBIDDEN_OPTION. */
  options?: {
    /** A model of the agent, if the server allows it (--allow-model), else FORBIDDEN_OPTION. */
    model?: string;
    /** How hard the model thinks. */
    effort?: "" | "low" | "medium" | "high" | "xhigh" | "max";
    /** One of the agent's, if the server allows it (--allow-permission-mode), else FORBIDDEN_OPTION. */
    permissionMode?: string;
    /** What an answer may cost. */
    maxBudgetUsd?: number;
    /** A directory in the workspace, relative to it. */
    cwd?: string;
    provider?: "claude";
  };
}

export interface Status {
  status: "ok";
}

/** How the server is, for people and monitors. */
export interface Health {
  /** degraded: no run can start. draining: the server is being stopped. */
  status: "ok" | "degraded" | "draining";
  version: string;
  /** A stand-in agent answers. */
  demo: boolean;
  /** The agent's program. It has a version, or a problem and a hint. */
  cli: {
    found: boolean;
    version?: string;
    /** What is wrong, if it was not found. */
    problem?: string;
    /** What to do about it. */
    hint?: string;
  };
  runs: {
    running: number;
    max: number;
    queued: number;
    maxQueue: number;
  };
  sockets: {
    /** WebSockets, and answers that stream. */
    open: number;
    max: number;
  };
  storage: {
    /** The disk is nearly full: new runs are refused. */
    low: boolean;
  };
  /** How the processes of a run are found. */
  containment: "cgroup" | "subreaper" | "group";
  /** Processes of the agent that wait for runs. Counts are since the server was started. */
  warm: {
    /** How many are kept for each kind of run; 0 is none. */
    size: number;
    /** How many wait now. */
    waiting: number;
    /** Runs that took one. */
    hits: number;
    /** Runs that could have taken one, but none waited. */
    misses: number;
    /** Processes that were started to wait. */
    starts: number;
    /** Of those, the ones that no run took, by the reason why they wait no more. */
    drops: {
      /** No run of their kind came for long. */
      idle: number;
      /** The agent's program, settings or credentials have changed. */
      stale: number;
      /** They ended by themselves. */
      dead: number;
      /** They took more memory than they may. */
      memory: number;
      /** The machine runs out of memory. */
      pressure: number;
    };
    /** How long runs waited for their first line, once they had a place. */
    firstLine: {
      warm: Times;
      cold: Times;
    };
  };
  /** Processes of the agent that conversations keep between their turns. Counts are since the server was started. */
  kept: {
    /** How many wait for a next turn now. */
    alive: number;
    /** Bytes of memory that these take. */
    memory: number;
    /** Turns that a kept process took. */
    reused: number;
    /** Turns for which another one had to load the session. */
    resumed: number;
    /** Of kept processes, by the reason why they are kept no more. */
    ends: {
      /** No turn came for long. */
      idle: number;
      /** All together took more memory than they may. */
      memory: number;
      /** The machine runs out of memory. */
      pressure: number;
      /** They ended by themselves. */
      dead: number;
      /** The next turn needed another one. */
      unfit: number;
      /** The next turn found that what they were started from has changed. */
      stale: number;
      /** Their conversation needs them no more. */
      letGo: number;
    };
  };
  limits: {
    promptBytes: 8192;
    metaLength: 64;
    runTimeoutSeconds: number;
  };
  /** What conversations and messages may ask for; * is anything. */
  allows: {
    models: string[];
    permissionModes: string[];
  };
  /** The stand-in agent's scripted words; missing with the real one. */
  words?: {
    word: string;
    what: string;
  }[];
}

/** A summary of durations. */
export interface Times {
  count: number;
  sumSeconds: number;
  lastSeconds: number;
}

/** A frame of the server: a line of NDJSON, the data of an event, a WebSocket frame of the dialect spool.v1. */
export type Envelope = InfoRunEnvelope | InfoQueuedEnvelope | InfoDeadlineEnvelope | LineEnvelope | StderrEnvelope | ErrorEnvelope | EndEnvelope;
