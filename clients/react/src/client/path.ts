// The tree of a conversation's messages: what the journal and the HTTP routes know of it.

import type { TreeMessage } from './wire.js';
import type { Message } from './view.js';
import { isActive } from './view.js';

/** The messages of a conversation by their place in the tree. */
export class Tree {
  readonly #known: ReadonlyMap<string, TreeMessage>;
  readonly #byId = new Map<string, Message>();
  readonly #children = new Map<string, Message[]>();
  readonly #without = new Map<string, Message[]>(); // answers that came to no text, and what the server says, by parent

  constructor(messages: readonly Message[], known: ReadonlyMap<string, TreeMessage>) {
    this.#known = known;
    for (const message of messages) this.#add(message);
    for (const node of known.values()) {
      if (!this.#byId.has(node.id)) this.#add(fromTree(node));
    }
  }

  /** Of several turns with one message the first is shown; of the same answer twice, too. */
  #add(message: Message): void {
    if (!message.id) return push(this.#without, message.parent, message);
    if (this.#byId.has(message.id)) return;
    this.#byId.set(message.id, message);
    push(this.#children, this.#parent(message), message);
  }

  #parent(message: Message): string {
    const node = message.id ? this.#known.get(message.id) : undefined;
    return node ? (node.parent ?? '') : message.parent;
  }

  /** Whether all messages from the root to this one are known. */
  reaches(head: string): boolean {
    return head === '' || this.#chain(head).at(-1)?.parent === '';
  }

  /** Whether a message is known at all. */
  has(id: string): boolean {
    return this.#byId.has(id);
  }

  /** From the root to a message, with what has come to no text on the way. */
  path(head: string): Message[] {
    const chain = this.#chain(head).map((step) => step.message).reverse();
    const path = [...(this.#without.get('') ?? []).filter(isNotice)];
    chain.forEach((message, at) => {
      path.push(message);
      path.push(...this.#besides(message, chain[at + 1]));
    });
    return path;
  }

  /** What stands behind a message besides the next one: notices, and a turn without an answer if there is no other. */
  #besides(message: Message, next: Message | undefined): Message[] {
    const all = this.#without.get(message.id!) ?? [];
    const notices = all.filter(isNotice);
    if (next?.role === 'assistant') return notices;
    const turn = all.findLast((candidate) => !isNotice(candidate));
    return turn ? [turn, ...notices] : notices;
  }

  /** A message with all that stand in its place on other branches, the oldest first. */
  branchesOf(message: Message): Message[] {
    if (isNotice(message)) return [message];
    const parent = this.#parent(message);
    const siblings = (this.#children.get(parent) ?? []).filter((sibling) => sibling.role === message.role);
    const shown = siblings.some((sibling) => sibling.key === message.key) ? siblings : [...siblings, message];
    return shown.sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  }

  /** The end of a branch: from a message always on to its latest child. */
  endOf(id: string): string {
    const seen = new Set<string>();
    let end = id;
    for (let next: string | undefined = id; next && !seen.has(next); next = this.#children.get(next)?.at(-1)?.id) {
      seen.add(next);
      end = next;
    }
    return end;
  }

  /** From a message back to the root, as far as it is known. */
  #chain(head: string): { message: Message; parent: string }[] {
    const chain: { message: Message; parent: string }[] = [];
    const seen = new Set<string>();
    for (let id = head; id !== '' && !seen.has(id); ) {
      const message = this.#byId.get(id);
      if (!message) break;
      seen.add(id);
      const parent = this.#parent(message);
      chain.push({ message, parent });
      id = parent;
    }
    return chain;
  }
}

const isNotice = (message: Message): boolean => message.role === 'system';

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

const views = new WeakMap<TreeMessage, Message>();

/** A message of which the journal has nothing, the same object each time. */
function fromTree(node: TreeMessage): Message {
  const known = views.get(node);
  if (known) return known;
  const { id, role, content, parent = '', run: runId = '', createdAt: at } = node;
  const view: Message = {
    key: id, id, role, parent, runId, at,
    blocks: [{ type: 'text', key: id, text: content, streaming: false, whole: true }],
    ...(role === 'assistant' && { status: 'succeeded' as const }),
  };
  views.set(node, view);
  return view;
}

/** Whether an answer is on its way. */
export const isAnswering = (message: Message): boolean => message.role === 'assistant' && isActive(message.status);
