// What was typed and is not on the server yet stays with its tab, so that a reload loses nothing:
// drafts, and messages until they are in the conversation. Nothing else is ever kept here.

import type { SendOptions } from '@spool/react';

/** A message that the server may not have. Sending it again changes nothing: its id is the same. */
export interface Unsent {
  readonly content: string;
  readonly options: SendOptions & { clientMessageId: string };
}

const draftKey = (id: string): string => `draft ${id}`;
const unsentKey = (id: string): string => `unsent ${id}`;

function read(key: string): string {
  try {
    return sessionStorage.getItem(key) ?? '';
  } catch {
    return ''; // storage is switched off
  }
}

function write(key: string, text: string): void {
  try {
    if (text === '') sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, text);
  } catch {
    // switched off, or full: then a reload does lose it
  }
}

export const readDraft = (id: string): string => read(draftKey(id));
export const keepDraft = (id: string, text: string): void => write(draftKey(id), text);

export function readUnsent(id: string): Unsent[] {
  try {
    const list: unknown = JSON.parse(read(unsentKey(id)) || '[]');
    return Array.isArray(list) ? (list as Unsent[]).filter(isUnsent) : [];
  } catch {
    return [];
  }
}

const isUnsent = (entry: Unsent | null): boolean => typeof entry?.content === 'string' && typeof entry.options?.clientMessageId === 'string';

export function keepUnsent(id: string, message: Unsent): void {
  writeUnsent(id, [...readUnsent(id), message]);
}

/** Forgets the messages that answer to a description. */
export function forgetUnsent(id: string, gone: (clientMessageId: string) => boolean): void {
  const all = readUnsent(id);
  const rest = all.filter((message) => !gone(message.options.clientMessageId));
  if (rest.length < all.length) writeUnsent(id, rest);
}

function writeUnsent(id: string, all: readonly Unsent[]): void {
  write(unsentKey(id), all.length > 0 ? JSON.stringify(all) : '');
}
