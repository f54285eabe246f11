// A state that is being changed: what it shares with the one before is copied once, when it is
// first written to, so that many frames cost no more than one.

import type { Block, ConversationState, Message, RunInfo, TextBlock, ThinkingBlock, ToolBlock } from './view.js';
import type { Cut, JournalFrame } from './wire.js';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What has blocks: an answer, or a call whose nested agent says something. */
interface Holder {
  readonly blocks: readonly Block[];
}

/** Where a frame belongs. */
type Place = Pick<JournalFrame, 'id' | 'runId' | 'parentToolId' | 'cut'>;

export class Draft {
  state: ConversationState;
  readonly #own = new Set<object>();

  constructor(state: ConversationState) {
    this.state = state;
  }

  set(change: Partial<ConversationState>): void {
    this.state = Object.assign(this.#owned(this.state), change);
  }

  /** Changes the latest run. */
  run(change: Partial<RunInfo>): void {
    if (this.state.run) this.set({ run: { ...this.state.run, ...change } });
  }

  add(message: Message): void {
    this.#own.add(message);
    (this.#messages()).push(message);
  }

  /** The answer of a run, to be changed. */
  answer(runId: string): Mutable<Message> | undefined {
    const { messages } = this.state;
    let at = messages.length - 1;
    while (at >= 0 && !(messages[at]!.role === 'assistant' && messages[at]!.runId === runId)) at--;
    if (at < 0) return undefined;
    return (this.#messages()[at] = this.#owned(messages[at]!));
  }

  /** The call of a run that answers to a description, to be changed. */
  tool(place: Place, is: (block: ToolBlock) => boolean): Mutable<ToolBlock> | undefined {
    const message = this.answer(place.runId);
    return message && this.#tool(message, is);
  }

  /** Adds a block where the frame belongs. */
  push(place: Place, block: Block): void {
    const blocks = this.#blocks(place);
    if (!blocks) return;
    this.#own.add(block);
    blocks.push(block);
  }

  /** Adds to the block that is being written, or begins one. */
  stream(place: Place, type: 'text' | 'thinking', text: string): void {
    const blocks = this.#blocks(place);
    if (!blocks) return;
    const last = blocks.at(-1);
    if (last?.type === type && last.streaming) {
      const block = this.#at(blocks, blocks.length - 1) as Mutable<TextBlock>;
      block.text += text;
      return;
    }
    this.#endIn(blocks);
    this.push(place, { type, key: place.id, text, streaming: true, whole: false });
  }

  /** The whole of a block: of the one that was written piece by piece, if there is one. */
  whole(place: Place, type: 'text' | 'thinking', text: string, role?: 'user'): void {
    const blocks = this.#blocks(place);
    if (!blocks) return;
    const at = role ? -1 : written(blocks, type, text);
    if (at < 0) return this.push(place, { type, key: place.id, text, streaming: false, whole: true, cut: place.cut, ...(role && { role }) } as Block);
    const block = this.#at(blocks, at) as Mutable<TextBlock | ThinkingBlock>;
    Object.assign(block, { text: longer(text, block.text, place.cut), streaming: false, whole: true, cut: place.cut });
  }

  /** Nothing is added any more to the block that is being written. */
  endStream(place: Place): void {
    const blocks = this.#blocks(place);
    if (blocks) this.#endIn(blocks);
  }

  /** Likewise for all blocks of an answer that is over. */
  endAll(holder: Mutable<Holder>): void {
    const blocks = (holder.blocks = this.#owned(holder.blocks)) as Block[];
    this.#endIn(blocks);
    blocks.forEach((block, at) => {
      if (block.type === 'tool' && block.blocks.length > 0) this.endAll(this.#at(blocks, at) as Mutable<ToolBlock>);
    });
  }

  #endIn(blocks: Block[]): void {
    const at = blocks.findLastIndex((block) => 'streaming' in block && block.streaming);
    if (at >= 0) Object.assign(this.#at(blocks, at), { streaming: false });
  }

  /** The blocks among which a frame belongs. What an unknown call's nested agent says is the answer's own. */
  #blocks(place: Place): Block[] | undefined {
    const message = this.answer(place.runId);
    if (!message) return undefined;
    const call = place.parentToolId ? this.#tool(message, (block) => block.id === place.parentToolId) : undefined;
    const holder: Mutable<Holder> = call ?? message;
    return (holder.blocks = this.#owned(holder.blocks)) as Block[];
  }

  #tool(holder: Mutable<Holder>, is: (block: ToolBlock) => boolean): Mutable<ToolBlock> | undefined {
    const at = holder.blocks.findLastIndex((block) => block.type === 'tool' && has(block, is));
    if (at < 0) return undefined;
    const blocks = (holder.blocks = this.#owned(holder.blocks)) as Block[];
    const block = this.#at(blocks, at) as Mutable<ToolBlock>;
    return is(block) ? block : this.#tool(block, is);
  }

  /** An entry of a list that is ours, to be changed. */
  #at(blocks: Block[], at: number): Mutable<Block> {
    return (blocks[at] = this.#owned(blocks[at]!));
  }

  #messages(): Message[] {
    const messages = this.#owned(this.state.messages) as Message[];
    if (messages !== this.state.messages) this.set({ messages });
    return messages;
  }

  #owned<T extends object>(value: T): T {
    if (this.#own.has(value)) return value;
    const copy = (Array.isArray(value) ? [...value] : { ...value }) as T;
    this.#own.add(copy);
    return copy;
  }
}

function has(block: ToolBlock, is: (block: ToolBlock) => boolean): boolean {
  return is(block) || block.blocks.some((child) => child.type === 'tool' && has(child, is));
}

/**
 * Where the block is of which the whole has come: the one that is being written; else one that
 * was, and says the same or its beginning; -1 if it did not come piece by piece.
 */
function written(blocks: Block[], type: 'text' | 'thinking', whole: string): number {
  const open = (is: (block: TextBlock | ThinkingBlock) => boolean): number =>
    blocks.findLastIndex((block) => block.type === type && !block.whole && is(block));
  const candidates = [open((block) => block.streaming), open((block) => block.text === whole), open((block) => whole.startsWith(block.text))];
  return candidates.find((at) => at >= 0) ?? -1;
}

/** A text that was cut has less than what came piece by piece. */
function longer(whole: string, streamed: string, cut: Cut | undefined): string {
  return cut && streamed.length > whole.length ? streamed : whole;
}
