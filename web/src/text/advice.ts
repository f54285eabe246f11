// What a failure means, and what to do about it.

type Advice = readonly [what: string, todo: string];

const advice: Readonly<Record<string, Advice>> = {
  API_ERROR: ['The model\'s service said no.', 'If it is busy, try again in a while.'],
  SPAWN_FAILED: ['The agent could not be started.', 'The text says what is missing on the server. Try again when that is mended.'],
  EXIT_NONZERO: ['The agent has stopped with an error.', 'The text has its last words. Try again; if it happens every time, look at the server\'s log.'],
  KILLED_BY_SIGNAL: ['Something on the server has killed the agent, for example for want of memory.', 'Try again, with less to do at once.'],
  INCOMPLETE: ['The agent has stopped in the middle of its answer.', 'Try again.'],
  TIMEOUT_WALL: ['The answer took longer than the server allows.', 'Ask for less at once. What there is of the answer is kept.'],
  TIMEOUT_IDLE: ['Nothing came from the agent for too long.', 'Try again.'],
  OUTPUT_LIMIT: ['The answer is longer than the server allows.', 'Ask for less at once.'],
  PROCESS_LIMIT: ['The agent has started more processes than the server allows.', 'Ask for less at once.'],
  ABORTED: ['Somebody has stopped the answer.', 'Ask again if that was a mistake. What there is of the answer is kept.'],
  INTERRUPTED: ['The server was stopped or restarted in the middle of the answer.', 'Nothing was started again by itself: ask once more if you want that.'],
  STORAGE_FULL: ['The server\'s disk is nearly full.', 'Try again when its operator has made room.'],
  OVERLOADED: ['All places of the server are taken.', 'Try again in a while.'],
  DRAINING: ['The server is being stopped.', 'Your message was not taken. Try again when it is back.'],
  RUN_IN_PROGRESS: ['An answer is being written in this conversation.', 'Queue the message, or interrupt the answer.'],
  HEAD_MOVED: ['Somebody else has written here meanwhile.', 'Look at what is new, then send again.'],
  QUEUE_FULL: ['Too many messages wait in this conversation.', 'Wait until some are answered.'],
  FORBIDDEN_OPTION: ['The server does not allow this choice of model or permission mode.', 'Send it again with the default choice, or ask the operator to allow it.'],
  INVALID_OPTION: ['The server does not know one of the options.', 'Send it again with the default choice.'],
  INVALID_CONTENT: ['The server does not take this message.', 'Change it, and send it again.'],
  SESSION_NOT_FOUND: ['There is no such conversation.', 'It was deleted, or the address is not right.'],
  KEY_REUSED: ['This message has the number of another one.', 'Send it again.'],
  CONNECTION_LOST: ['The server cannot be reached.', 'The page goes on trying. Check that it is running.'],
};

/** What to tell of a code. Codes that are not known are told as they are. */
export function adviceFor(code: string | undefined): Advice {
  return (code !== undefined && Object.hasOwn(advice, code) && advice[code]) || ['The answer has failed.', 'Try again; the server\'s log may have more.'];
}
