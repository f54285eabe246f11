// The demo page of Spool: one prompt over /ws/claude, its lines as a readable answer.
//
// Three rules hold everywhere below. What the agent or the server says becomes a text
// node and never markup. The page takes nothing from its own URL but the host it came
// from, and stores nothing. The DOM stays bounded: whatever is left out is counted.

const MAX_PROMPT_BYTES = 8192; // as the server counts: UTF-8 bytes
const META = /^[A-Z0-9_\-]{1,64}$/;
const CHUNK = 16_384; // characters in one text node, so that growing it stays cheap
const MAX_BLOCKS = 600; // text chunks and cards kept in the answer
const MAX_ENTRIES = 500; // raw frames, and stderr lines, kept in their lists
const MAX_ENTRY = 2_000; // characters shown of one raw frame
const MAX_TOOL_TEXT = 20_000; // characters shown of a tool's input or result
const FRAME_BUDGET = 12; // milliseconds of work between two paints

// What each close code means and what to do about it.
const CLOSES = {
  1000: ['done', 'The run ended as it should.', ''],
  1001: ['going away', 'The server is being stopped or restarted.', 'Send the prompt again when it is back.'],
  1002: ['protocol error', 'The server got a WebSocket frame that breaks the protocol.', 'Look for a proxy on the way that changes frames.'],
  1003: ['unsupported data', 'The server takes text frames, and got another kind.', 'Send the payload as JSON text, not as binary.'],
  1005: ['no code', 'The connection was closed without saying why.', 'The log of the server may say more.'],
  1006: ['connection lost', 'The connection ended without a close frame: the server died, or the network or a proxy cut it.',
    'Check that the server is running, then send again. A run whose client is gone is stopped.'],
  1007: ['invalid text', 'The server got text that is not valid UTF-8.', 'Encode the payload as UTF-8.'],
  1008: ['refused', 'The server did not accept what it was sent.', 'Correct the input and send it again.'],
  1009: ['message too big', 'The message was larger than the 64 KiB that the server reads.', 'Shorten the prompt.'],
  1011: ['error', 'The run ended with an error.', 'The error above and the log of the server say more.'],
  1013: ['try again later', 'The server has no free place for another run.', 'Wait for a run to end, then send again.'],
};

// What each error code means and what to do about it: more exact than the close code.
const CODES = {
  INVALID_JSON: ['The message was not one JSON object.', 'Send {"prompt":"…","meta":"TASK-123"}, each key once.'],
  INVALID_PROMPT: ['The prompt was empty, blank, too long, or held a NUL.', 'Send 1 to 8192 bytes of text.'],
  INVALID_META: ['The task id was not accepted.', 'Use 1 to 64 of A-Z, 0-9, _ and -.'],
  INVALID_OPTION: ['An option had the wrong type or a value out of range.', 'Compare it with the protocol description.'],
  FORBIDDEN_OPTION: ['The server does not allow this option.', 'Leave it out, or ask the operator.'],
  BUSY: ['One socket runs one prompt, and it got more.', 'Open another socket for another prompt.'],
  PROMPT_TIMEOUT: ['The socket was open for too long without a prompt.', 'Connect again and send the prompt soon.'],
  API_ERROR: ['The agent ended, and its own result says that it failed.',
    'Its answer has the reason: often a login that has run out, a spent quota, or a model that is overloaded.'],
  SPAWN_FAILED: ['The claude CLI could not be started.', 'Install it and log in, or start the server with --claude PATH (or --demo).'],
  EXIT_NONZERO: ['The claude CLI gave up.', 'Its standard error, below the answer, usually has the reason.'],
  KILLED_BY_SIGNAL: ['Something outside the server killed the claude CLI.', 'Look for an out-of-memory kill on the machine, then send again.'],
  TIMEOUT_WALL: ['The run took longer than the server allows.', 'Ask for less at once, or start the server with a longer --run-timeout.'],
  TIMEOUT_IDLE: ['The agent said nothing for too long.', 'Send again, or start the server with a longer --idle-timeout.'],
  INCOMPLETE: ['The claude CLI ended without a result, so the answer may be cut.', 'Send again; if it happens again, try the prompt with claude in a terminal.'],
  OUTPUT_LIMIT: ['The run wrote more output than the server allows.', 'Ask for less, or start the server with a larger --max-output.'],
  PROCESS_LIMIT: ['The run started more processes than the server allows.', 'Look at what its tools do, or raise --max-processes.'],
  SLOW_CLIENT: ['This browser took nothing for too long, so the server let go.', 'Check the network, keep the tab in front, and send again.'],
  OVERLOADED: ['Every place and the whole queue are taken.', 'Wait a moment, then send again.'],
  DRAINING: ['The server is being stopped and takes no new work.', 'Send again when it is back.'],
  INTERNAL: ['The server failed at something of its own.', 'Its log has the cause; send again.'],
};

const CANCELLED = 'You cancelled. The server stops every process of this run.';
const UNREACHED = ['No connection could be made to the server.', 'Check that it is running at this address, then send again.'];

const $ = (id) => document.getElementById(id);

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

const format = new Intl.NumberFormat('en');
const number = (n) => format.format(n);
const count = (n, noun) => `${number(n)} ${noun}${n === 1 ? '' : 's'}`;
const bytes = (text) => new TextEncoder().encode(text).length;
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

// Bounded keeps the newest children of a container and tells how many it removed.
class Bounded {
  constructor(container, note, max, noun) {
    Object.assign(this, { container, note, max, noun, hidden: 0 });
  }

  append(...children) {
    this.container.append(...children);
    const over = this.container.childElementCount - this.max;
    for (let i = 0; i < over; i++) this.container.firstElementChild.remove();
    if (over > 0) this.hide(over);
  }

  hide(n) {
    this.hidden += n;
    this.note.hidden = this.hidden === 0;
    this.note.textContent = `${count(this.hidden, `earlier ${this.noun}`)} not shown`;
  }

  clear() {
    this.container.replaceChildren();
    this.hidden = 0;
    this.hide(0);
  }
}

// Log is a list that costs nothing while it is folded: entries wait in an array, which
// is bounded too, and become DOM nodes only when somebody looks.
class Log {
  constructor(name, noun) {
    this.details = $(name);
    this.counter = $(`${name}-count`);
    this.list = new Bounded($(`${name}-list`), $(`${name}-hidden`), MAX_ENTRIES, noun);
    this.clear();
    this.details.addEventListener('toggle', () => this.render());
  }

  clear() {
    this.list.clear();
    this.waiting = [];
    this.total = this.dropped = 0;
    this.render();
  }

  push(text) {
    this.total++;
    this.waiting.push([this.total, clip(text, MAX_ENTRY)]);
    if (this.waiting.length <= MAX_ENTRIES) return;
    this.waiting.shift();
    this.dropped++;
  }

  render() {
    this.counter.textContent = number(this.total);
    if (!this.details.open || this.waiting.length === 0) return;
    if (this.dropped > 0) this.dropShown();
    this.list.append(...this.waiting.map(logEntry));
    this.waiting = [];
  }

  // Entries dropped while they waited leave a hole after the ones already shown, so
  // those go too: the list is always the newest entries without a gap.
  dropShown() {
    this.list.hide(this.dropped + this.list.container.childElementCount);
    this.list.container.replaceChildren();
    this.dropped = 0;
  }
}

function logEntry([n, text]) {
  const item = element('li', '', text);
  item.value = n;
  return item;
}

// clip shortens text and says by how much. The copy through bytes is deliberate: a slice
// alone would keep the whole original string, which may be megabytes, in memory.
function clip(text, max) {
  if (text.length <= max) return text;
  const kept = new TextDecoder().decode(new TextEncoder().encode(text.slice(0, max)));
  return `${kept} … ${count(text.length - max, 'more character')}`;
}

// TextBlock is text that grows. It appends to one text node until that is CHUNK long and
// then goes on in a new one, at a line break where there is one.
class TextBlock {
  constructor(place, className) {
    Object.assign(this, { place, className, length: 0, node: null, nodes: [], text: '' });
  }

  append(text) {
    this.text += text;
    while (text !== '') {
      if (this.node === null) this.open();
      const cut = cutAt(text, CHUNK - this.node.length);
      this.node.appendData(text.slice(0, cut.end));
      text = text.slice(cut.end);
      if (cut.full) this.node = null;
    }
  }

  open() {
    this.node = document.createTextNode('');
    const paragraph = element('div', this.className);
    paragraph.append(this.node);
    this.nodes.push(paragraph);
    this.place.append(paragraph);
  }

  // settle makes the block's text the given one, as the whole message says it.
  settle(text) {
    if (text.startsWith(this.text)) return this.append(text.slice(this.text.length));
    for (const paragraph of this.nodes) paragraph.remove();
    Object.assign(this, { node: null, nodes: [], text: '' });
    this.append(text);
  }
}

// cutAt says how much of text fits into room and whether that fills it: up to the last
// line break, and never between the two halves of a surrogate pair.
function cutAt(text, room) {
  if (text.length < room) return { end: text.length, full: false };
  const line = text.lastIndexOf('\n', room - 1);
  if (line >= 0) return { end: line + 1, full: true };
  return { end: /[\uD800-\uDBFF]/.test(text[room - 1]) ? room - 1 : room, full: true };
}

// Answer turns the CLI's stream-json lines into text, cards and a summary. What it does
// not know it leaves alone: the raw frames show everything.
class Answer {
  constructor() {
    this.place = new Bounded($('output'), $('output-hidden'), MAX_BLOCKS, 'part');
  }

  clear() {
    this.place.clear();
    this.tools = new Map(); // tool_use id -> card
    this.streams = new Map(); // parent tool_use id or '' -> what is being streamed
    this.plain = null; // the block of lines that are not JSON
    this.spoke = false;
  }

  line(line) {
    const handle = {
      assistant: () => this.assistant(line),
      user: () => this.user(line),
      stream_event: () => this.stream(line),
      system: () => this.system(line),
      result: () => this.result(line),
    }[line.type];
    if (handle) handle();
  }

  // A CLI that prints plain text is shown as it is.
  plainLine(text) {
    this.plain ??= new TextBlock(this.place, 'text plain');
    this.plain.append(`${text}\n`);
    this.spoke = true;
  }

  assistant(line) {
    const message = isObject(line.message) ? line.message : {};
    const stream = this.streams.get(line.parent_tool_use_id ?? '');
    const streamed = stream?.message === message.id ? stream.blocks : [];
    for (const block of blocksOf(message.content)) this.block(block, streamed);
  }

  // A block that was already shown token by token is not shown again: the first one of
  // the same kind that was not yet told whole is settled with the whole text instead.
  block(block, streamed) {
    if (block.type === 'tool_use') return this.tool(block);
    const text = textOf(block);
    if (text === null || text === '') return;
    const shown = streamed.find((s) => s.type === block.type && !s.settled);
    if (!shown) return this.textBlock(block.type).append(text);
    shown.settled = true;
    shown.block.settle(text);
  }

  textBlock(type) {
    this.plain = null;
    this.spoke ||= type === 'text';
    if (type !== 'thinking') return new TextBlock(this.place, 'text');
    const fold = element('details', 'thinking');
    fold.append(element('summary', '', 'Thinking'));
    this.place.append(fold);
    return new TextBlock(fold, 'text');
  }

  stream(line) {
    const event = isObject(line.event) ? line.event : {};
    const parent = line.parent_tool_use_id ?? '';
    if (event.type === 'message_start') this.streams.set(parent, { message: event.message?.id, blocks: [] });
    const blocks = this.streams.get(parent)?.blocks;
    if (event.type === 'content_block_delta' && blocks) this.delta(blocks, event.index, event.delta ?? {});
  }

  delta(blocks, index, delta) {
    const type = { text_delta: 'text', thinking_delta: 'thinking' }[delta.type];
    const text = delta.text ?? delta.thinking;
    if (!type || typeof text !== 'string') return;
    let shown = blocks.find((b) => b.index === index);
    if (!shown) blocks.push(shown = { index, type, settled: false, block: this.textBlock(type) });
    shown.block.append(text);
  }

  tool(block) {
    const card = toolCard(String(block.name ?? 'tool'));
    card.gist.textContent = gistOf(block.input);
    card.body.append(toolText('Input', inputText(block.input)));
    this.plain = null;
    this.tools.set(block.id, card);
    this.place.append(card.root);
  }

  user(line) {
    for (const block of blocksOf(line.message?.content)) {
      if (block.type === 'tool_result') this.toolResult(block);
    }
  }

  toolResult(block) {
    let card = this.tools.get(block.tool_use_id);
    if (!card) this.place.append((card = toolCard('tool')).root);
    card.root.dataset.result = block.is_error === true ? 'error' : 'ok';
    card.status.textContent = block.is_error === true ? 'failed' : 'done';
    card.body.append(toolText('Result', resultText(block.content)));
  }

  system(line) {
    if (line.subtype === 'init' && line.model) $('model').textContent = String(line.model);
    if (line.subtype !== 'api_retry') return;
    this.place.append(element('p', 'aside', `The model's service answered ${line.error_status ?? 'with an error'}: ` +
      `try ${line.attempt ?? '?'} of ${line.max_retries ?? '?'} follows.`));
  }

  // A call that got no answer before the end will not get one.
  end() {
    for (const { root, status } of this.tools.values()) {
      if (!root.dataset.result) status.textContent = 'no result';
    }
  }

  result(line) {
    const text = typeof line.result === 'string' ? line.result : (line.errors ?? []).join('\n');
    if (!this.spoke && text) this.textBlock('text').append(text);
    const summary = element('p', 'result', resultSummary(line));
    if (line.is_error === true) summary.dataset.error = 'true';
    this.place.append(summary);
  }
}

const blocksOf = (content) => (typeof content === 'string' ? [{ type: 'text', text: content }]
  : Array.isArray(content) ? content.filter(isObject) : []);

function textOf(block) {
  const text = { text: block.text, thinking: block.thinking }[block.type];
  return typeof text === 'string' ? text : null;
}

function toolCard(name) {
  const root = element('details', 'tool');
  const summary = element('summary');
  const gist = element('span', 'gist');
  const status = element('span', 'status', 'running');
  const body = element('div', 'toolbody');
  summary.append(element('span', 'toolname', name), gist, status);
  root.append(summary, body);
  root.open = true;
  return { root, gist, status, body };
}

function toolText(title, text) {
  const part = element('div', 'toolpart');
  const pre = element('pre', '', clip(text, MAX_TOOL_TEXT));
  if (text.length > 500) pre.tabIndex = 0; // it may scroll, so the keyboard must reach it
  part.append(element('p', 'toollabel', title), pre);
  return part;
}

// gistOf is the one value that tells most about a call: its command, its file, its query.
function gistOf(input) {
  if (!isObject(input)) return '';
  const value = input.command ?? input.file_path ?? input.path ?? input.pattern ?? input.query ?? input.url ?? '';
  return typeof value === 'string' ? value.slice(0, 200) : '';
}

function inputText(input) {
  if (!isObject(input)) return JSON.stringify(input ?? null);
  return Object.entries(input)
    .map(([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`).join('\n');
}

function resultText(content) {
  const texts = blocksOf(content).map((block) => textOf(block) ?? `[${block.type}]`);
  return texts.join('\n') || '(nothing)';
}

function resultSummary(line) {
  const usage = isObject(line.usage) ? line.usage : {};
  const facts = [line.is_error === true ? 'The agent reports a failure' : 'The agent is done'];
  if (line.num_turns) facts.push(count(line.num_turns, 'turn'));
  if (usage.input_tokens !== undefined) facts.push(`${count(usage.input_tokens, 'token')} in, ${number(usage.output_tokens ?? 0)} out`);
  if (typeof line.total_cost_usd === 'number') facts.push(`$${line.total_cost_usd.toFixed(4)}`);
  if (line.duration_ms) facts.push(`${(line.duration_ms / 1000).toFixed(1)} s`);
  return facts.join(' · ');
}

// Run is one socket and one prompt. It knows the protocol and nothing of the page: what
// happens is handed on as calls of `to`, in the order in which it happened.
class Run {
  constructor(payload, to) {
    Object.assign(this, { payload, to, opened: false, cancelled: false, error: null, queue: [], next: 0 });
    const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
    this.socket = new WebSocket(`${scheme}//${location.host}/ws/claude`);
    this.socket.onopen = () => this.add(() => { this.opened = true; to.state('waiting'); });
    this.socket.onmessage = (event) => this.add(() => this.frame(event.data));
    this.socket.onclose = (event) => this.add(() => to.closed(this, event));
    document.addEventListener('visibilitychange', this.onVisible = () => this.work());
  }

  cancel() {
    this.cancelled = true;
    this.socket.close(1000);
  }

  // Events wait for the next paint, and a paint does at most FRAME_BUDGET of them: a
  // flood of lines makes the page late, never stuck. A hidden page gets no paints.
  add(event) {
    this.queue.push(event);
    if (this.queue.length - this.next === 1) this.schedule();
  }

  schedule() {
    if (document.hidden) setTimeout(() => this.work(), 100);
    else requestAnimationFrame(() => this.work());
  }

  work() {
    const until = performance.now() + FRAME_BUDGET;
    const before = this.next;
    while (this.next < this.queue.length && performance.now() < until) this.queue[this.next++]();
    if (this.next > before) this.to.drawn();
    if (this.next < this.queue.length) return this.schedule();
    this.queue = [];
    this.next = 0;
  }

  // A line of the CLI has a `type`; the server's own frames have none.
  frame(text) {
    this.to.raw(text);
    const frame = parse(text);
    if (frame === undefined) return this.to.plain(text);
    if (!isObject(frame)) return;
    if ('type' in frame) this.to.line(frame);
    else if ('info' in frame) this.info(frame);
    else if ('stderr' in frame) this.to.stderr(String(frame.stderr));
    else if ('error' in frame) this.error = { text: String(frame.error), code: String(frame.code ?? '') };
  }

  info(frame) {
    if (frame.info === 'run') this.to.accepted(String(frame.run));
    else if (frame.info === 'queued') this.to.state('queued', `place ${number(frame.position)}`);
    else this.send();
  }

  // The server speaks first; the payload answers it, once.
  send() {
    if (this.sent || this.cancelled) return;
    this.sent = true;
    this.socket.send(JSON.stringify(this.payload));
  }
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const STATES = {
  connecting: 'Connecting', waiting: 'Waiting for the server', queued: 'Queued', running: 'Running',
  stopping: 'Stopping', finished: 'Finished', failed: 'Failed', cancelled: 'Cancelled',
};

const answer = new Answer();
const raw = new Log('raw', 'frame');
const stderr = new Log('stderr', 'line');
let run = null; // the run whose socket is not yet closed
let started = 0;
let ticking = 0;
let follow = true; // keep the end of the answer in view
let scrolled = 0; // where the last scroll event left the page

// What a run tells, as changes of the page.
const page = {
  state(name, detail = '') {
    if (run?.cancelled && !['stopping', 'cancelled'].includes(name)) return;
    $('state').dataset.state = name;
    $('state').textContent = STATES[name] + (detail && `: ${detail}`);
  },
  accepted(id) {
    $('run-id').textContent = id;
    page.state('running');
  },
  raw(text) { raw.push(text); },
  line(line) { answer.line(line); },
  plain(text) { answer.plainLine(text); },
  stderr(text) {
    $('stderr').hidden = false;
    stderr.push(text);
  },
  drawn() {
    raw.render();
    stderr.render();
    $('frames').textContent = number(raw.total);
    if (follow) scrollTo({ top: document.documentElement.scrollHeight });
  },
  closed(ended, event) {
    answer.end();
    showOutcome(ended, event);
    stop();
    readHealth();
  },
};

// Scrolling up stops the following, reaching the end starts it again. Only the direction
// tells the reader's scrolling from ours, because the answer grows in between.
function watchScroll() {
  if (scrollY < scrolled - 1) follow = false;
  if (innerHeight + scrollY >= document.documentElement.scrollHeight - 2) follow = true;
  scrolled = scrollY;
}

function showOutcome(ended, event) {
  const { state, title, what, todo } = outcome(ended, event);
  const error = state === 'failed' ? ended.error : null;
  page.state(state, error?.code);
  $('outcome').dataset.state = state;
  $('outcome-title').textContent = title;
  $('outcome-error').textContent = error ? `${error.code}: ${error.text}` : '';
  $('outcome-what').textContent = what;
  $('outcome-todo').textContent = todo;
  $('outcome').hidden = false;
}

// outcome puts the end of a run into words: the cancel of the user, else what the error
// frame says, else what the close code says.
function outcome(ended, event) {
  const [name, what, todo] = CLOSES[event.code] ?? ['unknown code', 'This page does not know this code.', ''];
  const reason = event.reason && !ended.error ? ` (${event.reason})` : ''; // else the error frame says it whole
  const title = `Close code ${event.code}: ${name}${reason}`;
  if (ended.cancelled) return { state: 'cancelled', title: `Close code ${event.code}: closed by you`, what: CANCELLED, todo: '' };
  if (!ended.opened) return { state: 'failed', title, what: UNREACHED[0], todo: UNREACHED[1] };
  const state = event.code === 1000 ? 'finished' : 'failed';
  const known = CODES[ended.error?.code];
  return state === 'failed' && known ? { state, title, what: known[0], todo: known[1] } : { state, title, what, todo };
}

function start() {
  const payload = readForm();
  if (!payload || run) return;
  clearRun();
  page.state('connecting');
  setRunning(true);
  started = performance.now();
  ticking = setInterval(tick, 100);
  run = new Run(payload, page);
}

function clearRun() {
  for (const part of [answer, raw, stderr]) part.clear();
  $('stderr').hidden = $('outcome').hidden = true;
  $('run-id').textContent = $('model').textContent = '–';
  $('frames').textContent = '0';
  follow = true;
}

function stop() {
  document.removeEventListener('visibilitychange', run.onVisible);
  clearInterval(ticking);
  tick();
  run = null;
  setRunning(false);
}

// A button that goes away must not take the keyboard's place with it.
function setRunning(running) {
  const [from, to] = running ? [$('send'), $('cancel')] : [$('cancel'), $('send')];
  const focused = document.activeElement === from;
  $('send').disabled = running;
  $('cancel').hidden = !running;
  if (focused) to.focus({ preventScroll: true });
}

function cancel() {
  if (!run || run.cancelled) return;
  run.cancel();
  page.state('stopping');
}

function tick() {
  const seconds = (performance.now() - started) / 1000;
  const minutes = Math.floor(seconds / 60);
  $('elapsed').textContent = minutes === 0 ? `${seconds.toFixed(1)} s`
    : `${minutes} min ${String(Math.floor(seconds % 60)).padStart(2, '0')} s`;
}

// readForm returns the payload, or null after pointing at the first field that is wrong.
function readForm() {
  const wrong = [checkPrompt(), checkMeta()].find(Boolean);
  if (wrong) {
    wrong.focus();
    return null;
  }
  const payload = { prompt: $('prompt').value, meta: $('meta').value };
  if ($('partial').checked) payload.partial = true;
  return payload;
}

function checkPrompt() {
  const text = $('prompt').value;
  if (text.trim() === '') return problem('prompt', 'Write a prompt first.');
  if (text.includes('\0')) return problem('prompt', 'The prompt holds a NUL character.');
  const over = bytes(text) - MAX_PROMPT_BYTES;
  return problem('prompt', over > 0 ? `${count(over, 'byte')} too long.` : '');
}

function checkMeta() {
  return problem('meta', META.test($('meta').value) ? '' : 'Use 1 to 64 of A-Z, 0-9, _ and -.');
}

function problem(id, text) {
  $(`${id}-problem`).textContent = text;
  $(id).setAttribute('aria-invalid', String(text !== ''));
  return text ? $(id) : null;
}

function countBytes() {
  const size = bytes($('prompt').value);
  $('prompt-bytes').textContent = `${number(size)} of ${number(MAX_PROMPT_BYTES)} bytes`;
  $('prompt-bytes').dataset.over = String(size > MAX_PROMPT_BYTES);
  if (size > MAX_PROMPT_BYTES) checkPrompt();
  else problem('prompt', '');
}

async function readHealth() {
  try {
    const response = await fetch('/api/health', { cache: 'no-store' });
    showHealth(await response.json());
  } catch {
    showServer('bad', 'the server does not answer');
  }
}

function showHealth(health) {
  const cli = health.cli ?? {};
  const runs = health.runs ? ` · ${health.runs.running} of ${health.runs.max} running` : '';
  if (health.demo) {
    showNotice('demo', 'Stand-in agent (no model)', 'This server runs with --demo: answers are scripted, and nothing leaves this machine. Try one of these words:');
    showWords(health.words ?? []);
    showServer('demo', `stand-in agent${runs}`);
  } else if (cli.found === false) {
    showNotice('problem', String(cli.problem ?? 'The claude CLI was not found'), String(cli.hint ?? ''));
    showWords([]);
    showServer('bad', 'claude not found');
  } else {
    showServer(health.status === 'ok' ? 'ok' : 'bad', `claude ${cli.version ?? ''}${health.status === 'ok' ? runs : ` · ${health.status}`}`);
    $('notice').hidden = true;
  }
}

function showServer(state, text) {
  $('server').dataset.health = state;
  $('server-text').textContent = text;
}

function showNotice(kind, title, text) {
  $('notice').dataset.kind = kind;
  $('notice-title').textContent = title;
  $('notice-text').textContent = text;
  $('notice').hidden = false;
}

// Health is read again after each run; buttons that are there already stay, because one
// of them may hold the keyboard's focus.
function showWords(words) {
  if ($('words').childElementCount === words.length) return;
  $('words').replaceChildren(...words.map(({ word, what }) => {
    const button = element('button', 'word');
    button.type = 'button';
    button.append(element('span', 'code', String(word)), element('span', 'what', String(what ?? '')));
    button.addEventListener('click', () => fillIn(String(word)));
    const item = element('li');
    item.append(button);
    return item;
  }));
}

function fillIn(text) {
  $('prompt').value = text;
  countBytes();
  $('prompt').focus();
}

$('form').addEventListener('submit', (event) => {
  event.preventDefault();
  start();
});
$('form').addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) start();
});
$('cancel').addEventListener('click', cancel);
$('prompt').addEventListener('input', countBytes);
$('meta').addEventListener('input', checkMeta);
addEventListener('scroll', watchScroll, { passive: true });
$('wscat').textContent = `wscat -c ${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws/claude`;
countBytes();
readHealth();
