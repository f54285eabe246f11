// Generated from docs/asyncapi.json and docs/openapi.json: npm run generate

/** The id of a run: nobody can guess it. */
export type RunId = string;

/** Where a run is in its life. The last five are final. */
export type RunState = "queued" | "starting" | "running" | "succeeded" | "failed" | "aborted" | "timed_out" | "interrupted";

/** Names an error for programs. The set only grows. */
export type ErrorCode = "INVALID_JSON" | "INVALID_PROMPT" | "INVALID_META" | "INVALID_OPTION" | "FORBIDDEN_OPTION" | "BUSY" | "PROMPT_TIMEOUT" | "API_ERROR" | "SPAWN_FAILED" | "EXIT_NONZERO" | "KILLED_BY_SIGNAL" | "TIMEOUT_WALL" | "TIMEOUT_IDLE" | "INCOMPLETE" | "OUTPUT_LIMIT" | "PROCESS_LIMIT" | "SLOW_CLIENT" | "ABORTED" | "INTERRUPTED" | "STORAGE_FULL" | "OUTPUT_GONE" | "OUTPUT_DAMAGED" | "REPLAY_GAP" | "INTERNAL" | "OVERLOADED" | "DRAINING" | "FORBIDDEN_HOST" | "FORBIDDEN_ORIGIN" | "BAD_REQUEST" | "NOT_FOUND" | "METHOD_NOT_ALLOWED" | "UPGRADE_REQUIRED" | "KEY_REUSED" | "TOO_LARGE";

/** Why a run has ended without success. */
export type RunCode = "API_ERROR" | "SPAWN_FAILED" | "EXIT_NONZERO" | "KILLED_BY_SIGNAL" | "TIMEOUT_WALL" | "TIMEOUT_IDLE" | "INCOMPLETE" | "OUTPUT_LIMIT" | "PROCESS_LIMIT" | "SLOW_CLIENT" | "BUSY" | "ABORTED" | "INTERRUPTED" | "STORAGE_FULL" | "DRAINING" | "INTERNAL";

/** A failure: a text for people and a code for programs. */
export interface Error {
  /** For people. It never holds a path, a secret or a prompt. */
  error: string;
  code: ErrorCode;
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

/** What is known of a run. Times are RFC 3339 in UTC. Keys without a value are left out. */
export interface Run {
  run: RunId;
  /** Names the work, for example a task id. It labels the run in logs and lists. */
  meta: string;
  state: RunState;
  code?: RunCode;
  /** How the run failed, for people. */
  error?: string;
  /** As it was sent. */
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

/** What the answer took, as the agent counts it; missing without a result. */
export interface RunUsage {
  inputTokens: number;
  outputTokens: number;
  cacheReadTokens: number;
  cacheCreationTokens: number;
  turns: number;
  costUsd: number;
}

/** How the process ended; missing if there was none, or if it ended while no server looked. */
export interface RunExit {
  /** Exit status; -1 if a signal ended it. */
  code: number;
  /** Such as SIGKILL. */
  signal?: string;
}

/** What it took to end the run with everything that it had started; missing if no process was started. */
export interface RunStop {
  /** The last step that was needed. exit: it ended by itself. interrupt: its turn was broken off, and then it ended by itself. */
  rung: "exit" | "interrupt" | "SIGTERM" | "SIGKILL";
  /** Ids of processes that could not be ended. None is the proof that everything is gone. */
  survivors: number[];
}

/** Runs, the newest first. next is the value of ?before= that gets the next page; it is missing on the last one. */
export interface RunList {
  runs: Run[];
  next?: RunId;
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
  limits: {
    promptBytes: 8192;
    metaLength: 64;
    runTimeoutSeconds: number;
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
