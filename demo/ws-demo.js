// The demo page of Spool: prompts over /ws/claude, their lines as readable answers, and the
// runs that there are.
//
// A run does not belong to this page: it is started detached, and watched over the subprotocol
// spool.v1, whose line numbers are the cursor from which to go on after a lost connection.
//
// Three rules hold everywhere below. What the agent or the server says becomes a text node
// and never markup. The page takes nothing from its own URL but the host it came from, and
// the id of a run to show, which must look like one; and it stores nothing. The DOM stays
// bounded: whatever is left out is counted.

const MAX_PROMPT_BYTES = 8192; // as the server counts: UTF-8 bytes
const META = /^[A-Z0-9_\-]{1,64}$/;
const RUN_ID = /^run_[a-z2-7]{26}$/;
const CHUNK = 16_384; // characters in one text node, so that growing it stays cheap
const MAX_BLOCKS = 600; // text chunks and cards kept in the answer
const MAX_ENTRIES = 500; // raw lines, and stderr lines, kept in their lists
const MAX_ENTRY = 2_000; // characters shown of one raw line
const MAX_TOOL_TEXT = 20_000; // characters shown of a tool's input or result
const MAX_EXCERPT = 160; // characters of a prompt or an error in the list of runs
const FRAME_BUDGET = 12; // milliseconds of work between two paints
const FLOOD_BUDGET = 40; // likewise while much waits: fewer paints, and done sooner
const FLOOD = 500; // events that are much
const HIDDEN_BUDGET = 200; // milliseconds at a time while nobody looks and nothing is painted
const LOG_PAUSE = 150; // milliseconds between two updates of the raw lines
const MAX_BACKLOG = 32 << 20; // characters that may wait to be shown

// Milliseconds of patience with the network.
const ANSWER_PATIENCE = 10_000; // for a socket to open, or a request to be answered
const FIRST_RETRY = 250; // doubled with each try
const LAST_RETRY = 8_000;
const LONG_AWAY = 8_000; // after which the page says what can be done
const QUIET = 60_000; // a socket that says nothing for so long may be dead without knowing
const PULSE = 2_000;
const ASLEEP = 90_000; // between two pulses: the machine slept

// The list of runs.
const PAGE = 20;
const STALE = 5; // rows beyond the first page that are asked for again at a time
const LIST_PAUSE = 3_000; // milliseconds between two requests, at least
const LIST_LIVE = 5_000; // while something in it goes on
const LIST_IDLE = 20_000;

// What each close code means and what to do about it.
const CLOSES = {
  1000: ['done', 'The run ended as it should.', ''],
  1001: ['going away', 'The server is being stopped or restarted.', 'Send the prompt again when it is back.'],
  1002: ['protocol error', 'The server got a WebSocket frame that breaks the protocol.', 'Look for a proxy on the way that changes frames.'],
  1003: ['unsupported data', 'The server takes text frames, and got another kind.', 'Send the payload as JSON text, not as binary.'],
  1005: ['no code', 'The connection was closed without saying why.', 'The log of the server may say more.'],
  1006: ['connection lost', 'The connection was lost before the server had told the id of a run.',
    'Look at the recent runs before you send again: if the run is there, it goes on.'],
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
  SLOW_CLIENT: ['A client took nothing for too long, so the server let go.', 'Check the network, then show the run again.'],
  ABORTED: ['Somebody ended this run. What there is of the answer stays.', ''],
  INTERRUPTED: ['The server was killed, and this run could not go on without it.', 'What it had written by then is above. Send the prompt again if you need the rest.'],
  STORAGE_FULL: ['The disk of the server is nearly full.', 'Make room on it, or lower --retain and --retain-size, then send again.'],
  OUTPUT_GONE: ['The output of this run is no longer kept: the server removes it some time after the end.', 'What the record of the run still knows is shown above. --retain and --retain-size keep output for longer.'],
  OUTPUT_DAMAGED: ['The kept output is not what the run has written: the disk or somebody changed it. Nothing behind that place is shown.', 'Look after the disk of the server. What the record of the run knows is shown above.'],
  REPLAY_GAP: ['The server has less of this run than this page.', 'Reload the page.'],
  OVERLOADED: ['Every place and the whole queue are taken.', 'Wait a moment, then send again.'],
  DRAINING: ['The server was being stopped: it ends its runs, and takes no new ones.', 'Send again when it is back.'],
  INTERNAL: ['The server failed at something of its own.', 'Its log has the cause; send again.'],
};

const CANCELLED = 'You cancelled: every process of this run was stopped. What there is of the answer stays.';
const UNSENT = 'You cancelled before the prompt was sent: nothing was started.';
const UNREACHED = ['No connection could be made to the server.', 'Check that it is running at this address, then send again.'];
const MISSING = ['The server does not know this run: its record was removed, or it belongs to another server.', 'The recent runs are those that it knows.'];
const AWAY = 'The connection is lost. The run goes on without it, and this page reads on where it was.';
const LONG_GONE = 'The server has not been reached for a while. Check that it is running at this address, and that this machine is online. ' +
  'This page keeps trying and loses nothing of the run; you may also close it and come back to this address later.';
const UNSHOWABLE = { OUTPUT_GONE: 'the output is no longer kept', OUTPUT_DAMAGED: 'the output is damaged' };
const UNDELIVERED = 'The server could not be told to stop the run: it will be as soon as it answers.';
const ATTACHED = 'This run was started by a client that did not detach it: it is stopped when nobody watches it any more.';

for (const table of [CLOSES, CODES, UNSHOWABLE]) Object.setPrototypeOf(table, null); // no code is called "constructor"

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
// What would change the order or the look of the text around it is shown as its code.
const HIDDEN_CHARACTERS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;
const visible = (text) => text.replace(HIDDEN_CHARACTERS, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
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
      if (cut.full) this.close();
    }
  }

  open() {
    this.node = document.createTextNode('');
    const paragraph = element('div', this.className);
    paragraph.append(this.node);
    this.nodes.push(paragraph);
    this.place.append(paragraph);
  }

  // close ends a chunk that is full. From now on it costs no layout while it is out of view.
  close() {
    this.node.parentNode.classList.add('full');
    this.node = null;
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
    switch (line.type) {
      case 'assistant': return this.assistant(line);
      case 'user': return this.user(line);
      case 'stream_event': return this.stream(line);
      case 'system': return this.system(line);
      case 'result': return this.result(line);
    }
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

  // note is a remark of the page itself.
  note(text) {
    this.plain = null;
    this.place.append(element('p', 'aside', text));
  }

  system(line) {
    if (line.subtype === 'init' && line.model) $('model').textContent = String(line.model);
    if (line.subtype !== 'api_retry') return;
    this.note(`The model's service answered ${line.error_status ?? 'with an error'}: ` +
      `try ${line.attempt ?? '?'} of ${line.max_retries ?? '?'} follows.`);
  }

  // A call that got no answer before the end will not get one.
  end() {
    for (const { root, status } of this.tools.values()) {
      if (!root.dataset.result) status.textContent = 'no result';
    }
  }

  result(line) {
    const text = typeof line.result === 'string' ? line.result : (Array.isArray(line.errors) ? line.errors : []).join('\n');
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
  if (line.total_cost_usd > 0) facts.push(`$${Number(line.total_cost_usd).toFixed(4)}`);
  if (line.duration_ms) facts.push(`${(line.duration_ms / 1000).toFixed(1)} s`);
  return facts.join(' · ');
}

// Watch is one run that is being shown: one that a payload starts, or one with an id. It
// knows the protocol and nothing of the page: what happens is handed on as calls of `to`, in
// the order in which it happened, each line once, however many connections that takes.
class Watch {
  constructor({ payload = null, id = null }, to) {
    Object.assign(this, { payload, id, to, aborting: false, left: false, socket: null, former: null });
    Object.assign(this, { cursor: 0, stderrShown: 0, error: null, end: null }); // of the run
    Object.assign(this, { queue: [], next: 0, backlog: 0, tries: 0, lostAt: 0, heardAt: Date.now(), pulseAt: Date.now() });
    this.pulse = setInterval(() => this.beat(), PULSE);
    this.gone = new AbortController(); // ends with the watching
    const { signal } = this.gone;
    document.addEventListener('visibilitychange', () => this.work(), { signal });
    addEventListener('online', () => this.renew(), { signal });
    addEventListener('pageshow', ({ persisted }) => { if (persisted) this.renew(); }, { signal });
    if (id) this.attach();
    else this.dial('/ws/claude');
  }

  // leave ends the watching, and nothing else: the run goes on.
  leave() {
    this.left = true;
    this.gone.abort();
    clearInterval(this.pulse);
    clearTimeout(this.retry);
    clearTimeout(this.patience);
    for (const socket of [this.socket, this.former]) socket?.close();
    this.queue = [];
    this.next = 0;
  }

  // attach asks for what is known of the run, which tells a run that is not there from a
  // server that is not, and goes on behind the last line that was shown.
  async attach() {
    clearTimeout(this.retry);
    const attempt = this.attempt = {};
    const { status, body, now } = await ask(`/api/runs/${this.id}`);
    if (this.left || attempt !== this.attempt) return;
    if (status === 404) return this.over(() => this.to.missing());
    if (status !== 200) return this.again();
    this.to.record(body, now, this.cursor === 0);
    this.dial(`/ws/runs/${this.id}?from=${this.cursor}`);
  }

  // dial opens a socket. The one before is closed when the new one speaks: the run could be
  // one that is stopped when nobody watches it.
  dial(path) {
    this.former ??= this.socket;
    const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss:' : 'ws:'}//${location.host}${path}`, 'spool.v1');
    const add = (size, event) => this.add(size, () => { if (socket === this.socket) event(); });
    Object.assign(this, { socket, opened: false, error: null, stderrHeard: 0 });
    clearTimeout(this.patience);
    this.patience = setTimeout(() => socket.close(), ANSWER_PATIENCE);
    socket.onopen = () => add(0, () => this.open());
    socket.onmessage = ({ data }) => add(data.length, () => this.frame(data));
    socket.onclose = (event) => add(0, () => this.closed(event));
  }

  open() {
    clearTimeout(this.patience);
    this.opened = true;
    if (!this.id) this.to.state('waiting');
  }

  // Events wait for the next paint, and a paint does no more of them than there is time for: a
  // flood of lines makes the page late, never stuck. When too much waits, the page lets go of the
  // socket, and asks for the rest when it has shown that.
  add(size, event) {
    if (this.left) return;
    this.heardAt = Date.now();
    this.queue.push([size, event]);
    if ((this.backlog += size) > MAX_BACKLOG && this.id) this.socket.close();
    if (this.queue.length - this.next === 1) this.schedule();
  }

  schedule() {
    if (document.hidden) setTimeout(() => this.work(), 50); // a hidden page gets no paints
    else requestAnimationFrame(() => this.work());
  }

  work() {
    const before = this.next;
    const budget = document.hidden ? HIDDEN_BUDGET : this.queue.length - before > FLOOD ? FLOOD_BUDGET : FRAME_BUDGET;
    const until = performance.now() + budget;
    while (this.next < this.queue.length && performance.now() < until) {
      const [size, event] = this.queue[this.next++];
      this.backlog -= size;
      attempt(event);
    }
    if (this.next > before) this.to.drawn();
    if (this.left) return;
    if (this.next < this.queue.length) return this.schedule();
    this.queue = [];
    this.next = 0;
  }

  // Every frame is an envelope with a `t`: no line of the agent can be taken for one.
  frame(text) {
    const frame = parse(text);
    if (!isObject(frame)) return;
    if (frame.t === 'line') this.line(frame.n, String(frame.line));
    else if (frame.t === 'info') this.info(frame);
    else if (frame.t === 'stderr') this.stderr(String(frame.text));
    else if (frame.t === 'error') this.error = { text: String(frame.error), code: String(frame.code ?? '') };
    else if (frame.t === 'end') this.end = { state: String(frame.state), text: String(frame.error ?? ''), code: String(frame.code ?? '') };
  }

  line(n, text) {
    if (n > this.cursor + 1) return this.socket.close(4000); // a hole: ask again
    if (n <= this.cursor) return;
    this.cursor = n;
    this.to.line(text);
  }

  // stderr has no numbers: each connection tells all of it, in the same order.
  stderr(text) {
    if (++this.stderrHeard <= this.stderrShown) return;
    this.stderrShown = this.stderrHeard;
    this.to.stderr(text);
  }

  info(frame) {
    if (frame.info === 'run') this.accepted(String(frame.run));
    else if (frame.info === 'queued') this.to.state('queued', `place ${number(frame.position)}`);
    else if (frame.info === 'deadline') this.to.deadline(Number(frame.inSeconds));
    else this.send();
  }

  // The server speaks first; the payload answers it, once.
  send() {
    if (this.sent || this.id || this.aborting) return;
    this.sent = true;
    this.socket.send(JSON.stringify(this.payload));
  }

  accepted(id) {
    if (RUN_ID.test(id)) this.id = id;
    this.former?.close();
    Object.assign(this, { tries: 0, lostAt: 0, former: null });
    this.to.accepted(id);
    if (this.aborting) this.abort();
  }

  closed(event) {
    clearTimeout(this.patience);
    this.former?.close();
    this.former = null;
    if (this.end) return this.over(() => this.to.ended(this.end, event));
    if (!this.id) return this.over(() => this.to.refused(this, event));
    if (this.error?.code === 'REPLAY_GAP') return this.restart();
    if (UNSHOWABLE[this.error?.code]) return this.over(() => this.to.unshowable(this.error));
    if (this.opened && event.code === 1005) return this.attach(); // closed by this page
    this.again();
  }

  // again tries again, after a while that grows.
  again() {
    this.lostAt ||= Date.now();
    this.to.lost(this);
    const wait = Math.min(LAST_RETRY, FIRST_RETRY * 2 ** this.tries++) * (0.5 + Math.random() / 2);
    this.retry = setTimeout(() => this.attach(), wait);
  }

  // restart begins from the first line: what was shown is not what the server has.
  restart() {
    Object.assign(this, { cursor: 0, stderrShown: 0 });
    this.to.restarted();
    this.again();
  }

  // renew makes sure of a connection that may be dead without knowing.
  renew() {
    if (this.left || !this.id || this.socket?.readyState === WebSocket.CONNECTING) return;
    this.heardAt = Date.now();
    this.attach();
  }

  beat() {
    const [now, before] = [Date.now(), this.pulseAt];
    this.pulseAt = now;
    if (this.lostAt) this.to.lost(this);
    if (now - before > ASLEEP || now - this.heardAt > QUIET) this.renew();
  }

  // abort ends the run. What cannot be delivered now is delivered with the next connection.
  async abort() {
    this.aborting = true;
    if (!this.id) return this.sent || this.socket.close(1000);
    const { status } = await ask(`/api/runs/${this.id}/abort`, { method: 'POST' });
    if (!this.left && status !== 202) this.to.undelivered();
  }

  over(tell) {
    this.leave();
    tell();
  }
}

// ask makes a request to the server: { status, body, now }. Status 0 is no answer, now the
// server's time of day, of which an answer tells the second.
async function ask(path, options = {}) {
  try {
    const response = await fetch(path, { cache: 'no-store', signal: AbortSignal.timeout(ANSWER_PATIENCE), ...options });
    const body = await response.json();
    return { status: isObject(body) ? response.status : 0, body, now: Date.parse(response.headers.get('Date')) + 500 || Date.now() };
  } catch {
    return { status: 0, body: {}, now: Date.now() };
  }
}

// attempt reports what goes wrong and lets everything else go on: a line that this page does not
// understand must not be its last.
function attempt(event) {
  try {
    event();
  } catch (error) {
    reportError(error);
  }
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

// The states of the page, and then those of a run.
const STATES = {
  idle: 'No run yet', connecting: 'Connecting', waiting: 'Waiting for the server', reading: 'Reading', reconnecting: 'Reconnecting',
  stopping: 'Stopping', refused: 'Refused', missing: 'Not found',
  queued: 'Queued', starting: 'Starting', running: 'Running',
  succeeded: 'Succeeded', failed: 'Failed', aborted: 'Aborted', timed_out: 'Timed out', interrupted: 'Interrupted',
};
Object.setPrototypeOf(STATES, null);
const RUN_STATES = Object.keys(STATES).slice(-8);
const isFinal = (state) => RUN_STATES.indexOf(state) >= 3;

const answer = new Answer();
const raw = new Log('raw', 'line');
const stderr = new Log('stderr', 'line');
let watch = null; // the run that is shown, until its end is
let shown = ''; // its id, after the end too
let follow = true; // keep the end of the answer in view
let scrolled = 0; // where the last scroll event left the page
let ticking = 0;
const clock = { began: 0, ended: 0, deadline: 0 }; // of the run, by this browser's clock

// What a watch tells, as changes of the page.
const page = {
  state(name, detail = '') {
    if (watch?.aborting && !isFinal(name)) name = 'stopping';
    $('state').dataset.state = name;
    setText($('state'), visible(STATES[name] ?? name) + (detail && `: ${detail}`));
    document.title = `${visible(STATES[name] ?? name)} · Spool`;
  },

  // A record says when a run began, and whether there is anything to wait for.
  record(record, now, first) {
    const ago = Date.now() - now;
    clock.began = Date.parse(record.createdAt) + ago || Date.now();
    clock.ended = Date.parse(record.endedAt) + ago || 0;
    showAsked(String(record.prompt ?? ''), String(record.meta ?? ''));
    $('cancel').hidden = isFinal(record.state);
    if (isFinal(record.state) && first) follow = false; // read from the beginning
    if (!isFinal(record.state) && record.detach !== true) hint(ATTACHED);
    page.going = isFinal(record.state) ? 'reading' : 'running';
    tick();
  },

  accepted(id) {
    $('run-id').textContent = visible(id);
    if ($('hint').dataset.kind === 'lost') hint('');
    page.state(page.going);
    if (watch.id && watch.id !== shown) remember(watch.id);
    recent.poke();
  },

  line(text) {
    raw.push(text);
    const line = parse(text);
    if (line === undefined) answer.plainLine(text);
    else if (isObject(line) && 'type' in line) answer.line(line);
  },

  stderr(text) {
    $('stderr').hidden = false;
    stderr.push(text);
  },

  deadline(seconds) {
    clock.deadline = Date.now() + seconds * 1000;
    page.state('running', 'its time is nearly over');
    tick();
  },

  lost({ lostAt, aborting, error }) {
    page.state('reconnecting');
    const text = Date.now() - lostAt > LONG_AWAY ? LONG_GONE : AWAY;
    const reason = error ? ` The server says: ${error.code}: ${error.text}` : '';
    hint((aborting ? `${UNDELIVERED} ` : '') + text + reason, 'lost');
  },

  undelivered() { hint(UNDELIVERED, 'lost'); },

  restarted() {
    for (const part of [answer, raw, stderr]) part.clear();
  },

  drawn() {
    $('lines').textContent = number(raw.total);
    page.logs ||= setTimeout(drawLogs, LOG_PAUSE);
    scrollToEnd();
  },

  ended(end, event) {
    const cancelled = end.state === 'aborted' && watch.aborting;
    const [, what, todo] = CODES[end.code] ? ['', ...CODES[end.code]] : CLOSES[event.code] ?? CLOSES[1005];
    conclude(end.state, {
      title: `${STATES[end.state] ?? end.state}: ${closeCode(event)}`,
      error: end.code && !cancelled ? end : null, what: cancelled ? CANCELLED : what, todo: cancelled ? '' : todo,
    });
  },

  // refused is the end of a socket on which no run was told of.
  refused({ aborting, sent, opened, error }, event) {
    const [what, todo] = aborting && !sent ? [UNSENT, ''] : !opened ? UNREACHED
      : CODES[error?.code] ?? CLOSES[event.code]?.slice(1) ?? ['This page does not know this code.', ''];
    conclude(aborting && !sent ? 'aborted' : 'refused', { title: closeCode(event, error), error, what, todo });
  },

  missing() {
    conclude('missing', { title: 'There is no such run', error: null, what: MISSING[0], todo: MISSING[1] });
  },

  // unshowable is a run whose record is all that can be had. Shown lines stay.
  async unshowable(error) {
    const id = shown;
    const { status, body } = await ask(`/api/runs/${id}`);
    if (id !== shown) return;
    if (status === 200) showRecord(body);
    const own = body.code ? { code: String(body.code), text: String(body.error ?? '') } : null;
    const [what, todo] = CODES[error.code];
    conclude(String(body.state ?? 'failed'), { title: `${STATES[body.state] ?? 'Ended'}: ${UNSHOWABLE[error.code]}`, error: own, what, todo });
  },
};

// The lists of lines are drawn less often than the answer: each time moves all of their rows.
function drawLogs() {
  clearTimeout(page.logs);
  page.logs = 0;
  raw.render();
  stderr.render();
  scrollToEnd();
}

// The end of the answer is the end of the run's lists, with some room: not the end of the page,
// whose other column may be longer.
const belowView = () => $('raw').getBoundingClientRect().bottom + 24 - innerHeight;

function scrollToEnd() {
  if (follow && belowView() > 0) scrollBy({ top: belowView() });
}

// showRecord shows the answer as the record of a run has it.
function showRecord(record) {
  answer.note('This is what the record of the run knows.');
  if (typeof record.result === 'string') answer.textBlock('text').append(record.result);
  else answer.note('It holds no answer.');
  if (record.resultCut) answer.note('The answer was longer: the record holds its beginning.');
  const { usage } = record;
  if (isObject(usage)) answer.result({ is_error: record.code === 'API_ERROR', num_turns: usage.turns, total_cost_usd: usage.costUsd,
    usage: { input_tokens: usage.inputTokens, output_tokens: usage.outputTokens } });
  page.drawn();
}

// closeCode puts a close code into words. The reason repeats the error frame, if there is one.
function closeCode(event, error = null) {
  const [name] = CLOSES[event.code] ?? ['unknown'];
  const reason = event.reason && !error && event.code !== 1000 && !watch?.end ? ` (${visible(event.reason)})` : '';
  return `close code ${event.code}, ${name}${reason}`;
}

// conclude shows how the run, or the attempt to start one, ended.
function conclude(state, { title, error, what, todo }) {
  answer.end();
  hint('');
  clock.deadline = 0;
  clock.ended ||= Date.now();
  const focused = document.activeElement === $('cancel');
  watch = null;
  $('cancel').hidden = true;
  if (focused) $('send').focus({ preventScroll: true }); // not lost with the button that goes away
  page.state(state, error?.code && visible(error.code));
  $('outcome').dataset.state = state;
  $('outcome-title').textContent = title.charAt(0).toUpperCase() + title.slice(1);
  $('outcome-error').textContent = error ? visible(`${error.code}: ${error.text}`) : '';
  $('outcome-what').textContent = what;
  $('outcome-todo').textContent = todo;
  $('outcome').hidden = false;
  clearInterval(ticking);
  tick();
  page.drawn();
  drawLogs();
  readHealth();
  recent.poke();
}

// hint tells about the connection. Kind "lost" comes with a button that tries at once.
function hint(text, kind = '') {
  $('hint').hidden = text === '';
  $('hint').dataset.kind = kind;
  $('retry').hidden = kind !== 'lost';
  setText($('hint-text'), visible(text));
}

function showAsked(prompt, meta) {
  $('asked').textContent = visible(prompt);
  $('asked').hidden = prompt === '';
  $('asked').tabIndex = $('asked').scrollHeight > $('asked').clientHeight ? 0 : -1; // if it scrolls, the keyboard must reach it
  $('run-meta').textContent = visible(meta) || '–';
}

// Scrolling up stops the following, reaching the end starts it again. Only the direction
// tells the reader's scrolling from ours, because the answer grows in between.
function watchScroll() {
  if (scrollY < scrolled - 1) follow = false;
  if (watch && page.going === 'running' && belowView() <= 2) follow = true;
  scrolled = scrollY;
}

// show leaves the run that was shown, which goes on, and begins with another one.
function show(what) {
  watch?.leave();
  watch = null;
  clearRun();
  page.state('connecting');
  $('cancel').hidden = false;
  Object.assign(clock, { began: Date.now(), ended: 0, deadline: 0 });
  ticking = setInterval(tick, 100);
  watch = new Watch(what, page);
}

function clearRun() {
  for (const part of [answer, raw, stderr]) part.clear();
  for (const id of ['stderr', 'outcome', 'asked', 'deadline', 'again', 'cancel']) $(id).hidden = true;
  for (const id of ['run-id', 'run-meta', 'model']) $(id).textContent = '–';
  hint('');
  $('lines').textContent = '0';
  follow = true;
  page.going = 'running';
  shown = '';
  clearInterval(ticking);
}

// start sends the form. A second click on Send is no second run.
function start() {
  const payload = readForm();
  if (!payload || watch && !watch.id) return;
  if (watch?.payload && performance.now() - start.at < 1_000 && JSON.stringify(watch.payload) === JSON.stringify(payload)) return;
  start.at = performance.now();
  if (idInAddress()) history.pushState(null, '', location.pathname); // that is another run's
  show({ payload });
  showAsked(payload.prompt, payload.meta);
}

function cancel() {
  if (!watch || watch.aborting) return;
  watch.abort();
  page.state('stopping');
}

// remember puts the id of the run that is shown into the page's address, so that a reload,
// a bookmark and another tab show it too.
function remember(id) {
  shown = id;
  $('run-id').textContent = id;
  if (idInAddress() !== id) history.replaceState(null, '', `#${id}`);
  $('curl').textContent = `curl -H 'Accept: text/plain' ${location.origin}/api/runs/${id}/lines`;
  $('again').hidden = false;
  recent.mark();
}

// idInAddress returns the id of a run, or ''. Everything else in the address means nothing.
function idInAddress() {
  return RUN_ID.exec(location.hash.slice(1))?.[0] ?? '';
}

// The address names a run to show, and can do nothing but that.
function showAddressed() {
  const id = idInAddress();
  if (id === shown || id === '' && !shown) return;
  if (id === '') return showNone();
  show({ id });
  remember(id);
  if ($('run').getBoundingClientRect().top > innerHeight / 2) $('run').scrollIntoView();
}

function showNone() {
  watch?.leave();
  watch = null;
  clearRun();
  Object.assign(clock, { began: 0, ended: 0, deadline: 0 });
  page.state('idle');
  tick();
  recent.mark();
}

function tick() {
  const now = Date.now();
  $('elapsed').textContent = duration(clock.began && (clock.ended || now) - clock.began);
  const left = Math.ceil((clock.deadline - now) / 1000);
  $('deadline').hidden = left < -2 || clock.deadline === 0; // it was put off, if nothing has happened since
  setText($('deadline'), `The server is about to stop this run: its time is over in ${count(Math.max(left, 0), 'second')}.`);
  if (clock.deadline && left < -2) {
    clock.deadline = 0;
    page.state(page.going);
  }
}

function duration(milliseconds) {
  const seconds = Math.max(milliseconds, 0) / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const [minutes, rest] = [Math.floor(seconds / 60), Math.floor(seconds % 60)];
  if (minutes < 60) return `${minutes} min ${String(rest).padStart(2, '0')} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

// age says about how long ago something was.
function age(milliseconds) {
  const seconds = Math.max(Math.round(milliseconds / 1000), 0);
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h ago`;
  return `${count(Math.floor(seconds / 86_400), 'day')} ago`;
}

// Recent is the list of runs. It asks for the first page again and again, while somebody can
// see it, and keeps what was loaded below that.
class Recent {
  constructor() {
    Object.assign(this, { runs: [], rows: new Map(), next: '', asked: 0, turn: Promise.resolve(), timer: 0, known: false });
    for (const state of RUN_STATES) $('filter-state').append(new Option(STATES[state], state));
    $('filter-state').addEventListener('change', () => this.filter());
    $('filter-meta').addEventListener('input', () => this.filter());
    $('recent').addEventListener('toggle', () => this.poke());
    $('more').addEventListener('click', () => this.inTurn(() => this.more()));
    document.addEventListener('visibilitychange', () => this.poke());
  }

  // poke asks for news soon: at once, if the last time is long enough ago.
  poke(wait = 0) {
    clearTimeout(this.timer);
    if (!$('recent').open || document.hidden) return;
    this.timer = setTimeout(() => this.inTurn(() => this.refresh()), Math.max(wait, this.asked + LIST_PAUSE - Date.now(), 0));
  }

  filter() {
    const meta = $('filter-meta').value;
    $('filter-meta').setAttribute('aria-invalid', String(meta !== '' && !META.test(meta)));
    Object.assign(this, { runs: [], next: '', asked: Date.now() - LIST_PAUSE + 300, known: false }); // when the typing pauses
    this.poke();
  }

  query() {
    const [meta, state] = [$('filter-meta').value, $('filter-state').value];
    return `/api/runs?limit=${PAGE}&meta=${encodeURIComponent(meta)}&state=${encodeURIComponent(state)}`;
  }

  // inTurn makes one request after the other.
  inTurn(work) {
    this.turn = this.turn.then(work).catch(reportError);
  }

  async refresh() {
    const query = this.query();
    const page = await this.load(query);
    if (query !== this.query()) return this.poke(); // the filter has changed since
    if (page) this.merge(page.runs, page.next);
    if (page) await this.refreshStale();
    this.render();
    this.poke(this.runs.some(({ state }) => !isFinal(state)) ? LIST_LIVE : LIST_IDLE);
  }

  async more() {
    const query = this.query();
    const page = this.next && await this.load(`${query}&before=${this.next}`);
    if (!page || query !== this.query()) return;
    Object.assign(this, { runs: [...this.runs, ...page.runs], next: page.next });
    this.render();
  }

  // load returns { runs, next }, or null after it has said that there is no answer.
  async load(query) {
    this.asked = Date.now();
    const { status, body, now } = await ask(query);
    $('recent-note').textContent = status === 200 ? '' : visible(`This list may be old: ${body.error ?? 'the server does not answer'}.`);
    if (status !== 200) return null;
    Object.assign(this, { ahead: now - Date.now(), known: true });
    return { runs: list(body.runs).filter((run) => RUN_ID.test(run.run)), next: RUN_ID.test(body.next) ? body.next : '' };
  }

  // merge puts a fresh first page before what is known to come behind it.
  merge(fresh, next) {
    const behind = this.runs.findIndex(({ run }) => run === fresh.at(-1)?.run);
    const kept = next && behind >= 0 ? this.runs.slice(behind + 1) : [];
    if (kept.length === 0) this.next = next;
    this.runs = [...fresh, ...kept];
  }

  // refreshStale asks for some of those behind the first page that went on when last heard of.
  async refreshStale() {
    const stale = this.runs.slice(PAGE).filter(({ state }) => !isFinal(state)).slice(0, STALE);
    for (const old of stale) {
      const { status, body } = await ask(`/api/runs/${old.run}`);
      const i = this.runs.indexOf(old);
      if (status === 200 && i >= 0) this.runs[i] = body;
    }
  }

  // render changes what has changed: a row may hold the keyboard's focus.
  render() {
    const ids = new Set(this.runs.map(({ run }) => run));
    for (const [id, row] of this.rows) if (!ids.has(id)) row.item.remove(), this.rows.delete(id);
    this.runs.forEach((run, i) => {
      const row = this.row(run.run);
      if ($('recent-list').children[i] !== row.item) $('recent-list').insertBefore(row.item, $('recent-list').children[i] ?? null);
      fillRow(row, run, Date.now() + this.ahead);
    });
    $('more').hidden = this.next === '';
    if (this.known && this.runs.length === 0 && $('recent-note').textContent === '') this.sayEmpty();
    this.mark();
  }

  sayEmpty() {
    const filtered = $('filter-meta').value || $('filter-state').value;
    $('recent-note').textContent = filtered ? 'No run is like that.' : 'No runs yet: send a prompt.';
  }

  row(id) {
    if (!this.rows.has(id)) this.rows.set(id, makeRow(id));
    return this.rows.get(id);
  }

  // mark shows which run of the list is the one that is shown.
  mark() {
    for (const [id, { link }] of this.rows) {
      if (id === shown) link.setAttribute('aria-current', 'true');
      else link.removeAttribute('aria-current');
    }
  }
}

const list = (value) => (Array.isArray(value) ? value.filter(isObject) : []);

function makeRow(id) {
  const [item, link] = [element('li'), element('a', 'entry')];
  const parts = {};
  for (const name of ['prompt', 'state', 'meta', 'facts', 'error']) link.append(parts[name] = element('span', `entry-${name}`), ' ');
  link.href = `#${id}`;
  item.append(link);
  return { item, link, parts };
}

function fillRow({ link, parts }, run, now) {
  const [created, began, ended] = [run.createdAt, run.startedAt ?? run.createdAt, run.endedAt].map((time) => Date.parse(time));
  const facts = [age(now - created)];
  if (run.state !== 'queued' && run.state !== 'starting') facts.push(duration((ended || now) - began));
  else if (run.position > 0) facts.push(`place ${number(run.position)}`);
  if (run.usage?.costUsd > 0) facts.push(`$${Number(run.usage.costUsd).toFixed(4)}`);
  link.dataset.state = String(run.state);
  setText(parts.prompt, excerpt(run.prompt));
  setText(parts.state, STATES[run.state] ?? visible(String(run.state)));
  setText(parts.meta, visible(String(run.meta ?? '')));
  setText(parts.facts, facts.join(' · '));
  setText(parts.error, run.code && run.state !== 'aborted' ? excerpt(`${run.code}: ${run.error ?? ''}`) : '');
}

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// excerpt is the beginning of a text, on one line.
function excerpt(text) {
  const line = String(text ?? '').slice(0, 4 * MAX_EXCERPT).replace(/\s+/g, ' ').trim();
  const characters = [...line];
  return visible(characters.length > MAX_EXCERPT ? `${characters.slice(0, MAX_EXCERPT).join('')}…` : line);
}

// readForm returns the payload, or null after pointing at the first field that is wrong.
function readForm() {
  const wrong = [checkPrompt(), checkMeta()].find(Boolean);
  if (wrong) {
    wrong.focus();
    return null;
  }
  const payload = { prompt: $('prompt').value, meta: $('meta').value, detach: true };
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

const recent = new Recent();
$('form').addEventListener('submit', (event) => {
  event.preventDefault();
  start();
});
$('form').addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) start();
});
$('cancel').addEventListener('click', cancel);
$('retry').addEventListener('click', () => watch?.renew());
$('prompt').addEventListener('input', countBytes);
$('meta').addEventListener('input', checkMeta);
addEventListener('scroll', watchScroll, { passive: true });
addEventListener('hashchange', showAddressed);
$('wscat').textContent = `wscat -c ${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws/claude`;
$('recent').open = matchMedia('(min-width: 60rem)').matches; // on a phone it is folded
countBytes();
readHealth();
showAddressed();
recent.poke();
