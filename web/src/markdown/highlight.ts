// Colours for code. The library and its languages are loaded when the first code is there that
// they know.

import type { HighlightResult } from 'highlight.js';
import hljs from 'highlight.js/lib/core';
import bash from 'highlight.js/lib/languages/bash';
import css from 'highlight.js/lib/languages/css';
import diff from 'highlight.js/lib/languages/diff';
import go from 'highlight.js/lib/languages/go';
import ini from 'highlight.js/lib/languages/ini';
import java from 'highlight.js/lib/languages/java';
import javascript from 'highlight.js/lib/languages/javascript';
import json from 'highlight.js/lib/languages/json';
import python from 'highlight.js/lib/languages/python';
import rust from 'highlight.js/lib/languages/rust';
import sql from 'highlight.js/lib/languages/sql';
import typescript from 'highlight.js/lib/languages/typescript';
import xml from 'highlight.js/lib/languages/xml';
import yaml from 'highlight.js/lib/languages/yaml';

/** A piece of code: text, or some of it with a class. */
export type Coloured = string | { readonly scope: string; readonly parts: readonly Coloured[] };

const languages = { bash, css, diff, go, ini, java, javascript, json, python, rust, sql, typescript, xml, yaml };
for (const [name, language] of Object.entries(languages)) hljs.registerLanguage(name, language);

/** Gathers what the library finds as a tree instead of as HTML. */
class Tree {
  readonly root: { scope: string; parts: Coloured[] } = { scope: '', parts: [] };
  readonly #open = [this.root];

  get #top(): { scope: string; parts: Coloured[] } {
    return this.#open.at(-1)!;
  }
  addText(text: string): void {
    if (text !== '') this.#top.parts.push(text);
  }
  startScope(scope: string): void {
    const node = { scope, parts: [] };
    this.#top.parts.push(node);
    this.#open.push(node);
  }
  endScope(): void {
    this.#open.pop();
  }
  openNode(scope: string): void {
    this.startScope(scope);
  }
  closeNode(): void {
    this.endScope();
  }
  __addSublanguage(other: Tree): void {
    this.#top.parts.push(...other.root.parts);
  }
  finalize(): void {}
  toHTML(): string {
    return '';
  }
}

hljs.configure({ __emitter: Tree } as never);

/** The code in colours, or undefined if its language is not known here. */
export function colour(code: string, language: string): readonly Coloured[] | undefined {
  if (!hljs.getLanguage(language)) return undefined;
  const result: HighlightResult = hljs.highlight(code, { language, ignoreIllegals: true });
  return (result._emitter as unknown as Tree).root.parts;
}
