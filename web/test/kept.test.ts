import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { forgetUnsent, keepDraft, keepUnsent, readDraft, readUnsent } from '../src/state/kept.js';

class Storage {
  readonly kept = new Map<string, string>();
  getItem = (key: string): string | null => this.kept.get(key) ?? null;
  setItem = (key: string, text: string): void => void this.kept.set(key, text);
  removeItem = (key: string): void => void this.kept.delete(key);
}

let storage: Storage;
beforeEach(() => {
  storage = new Storage();
  vi.stubGlobal('sessionStorage', storage);
});
afterEach(() => vi.unstubAllGlobals());

const message = (clientMessageId: string) => ({ content: 'text', options: { clientMessageId, queue: true } });

test('a draft is kept until there is none', () => {
  keepDraft('a', 'half');
  expect([readDraft('a'), readDraft('b')]).toEqual(['half', '']);
  keepDraft('a', '');
  expect(storage.kept.size).toBe(0);
});

test('messages are kept in their order until they have arrived', () => {
  keepUnsent('a', message('1'));
  keepUnsent('a', message('2'));
  keepUnsent('b', message('3'));
  expect(readUnsent('a')).toEqual([message('1'), message('2')]);
  forgetUnsent('a', (id) => id === '1');
  expect(readUnsent('a')).toEqual([message('2')]);
  forgetUnsent('a', () => true);
  expect([...storage.kept.keys()]).toEqual(['unsent b']);
});

test.each(['', '{', '7', '[null,7,{"content":1},{"content":"x"}]'])('%s in the storage is nothing', (text) => {
  storage.kept.set('unsent a', text);
  expect(readUnsent('a')).toEqual([]);
});

test('a browser without storage does not stop anything', () => {
  const refuse = (): never => {
    throw new Error('no storage');
  };
  vi.stubGlobal('sessionStorage', { getItem: refuse, setItem: refuse, removeItem: refuse });
  keepDraft('a', 'half');
  keepUnsent('a', message('1'));
  expect([readDraft('a'), readUnsent('a')]).toEqual(['', []]);
});
