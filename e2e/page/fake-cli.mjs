// A stand-in CLI whose output a test writes itself: the prompt names a scenario, and the
// scenario's lines are what it prints. Any other prompt fails, with itself as the reason.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tempDir } from './server.mjs';

const PROGRAM = `#!/usr/bin/env node
const { readFileSync, writeSync } = require('node:fs');
const { createInterface } = require('node:readline');
const { join } = require('node:path');
if (process.argv.includes('--version')) {
  console.log('2.1.197 (Claude Code)');
  process.exit(0);
}
function write(to, text) {
  for (let data = Buffer.from(text); data.length > 0;) data = data.subarray(writeSync(to, data));
}
function scenario(name) {
  try {
    return JSON.parse(readFileSync(join(__dirname, name + '.json')));
  } catch {
    const failure = { type: 'result', subtype: 'success', is_error: true, num_turns: 1, result: name, total_cost_usd: 0.25 };
    return { stdout: JSON.stringify(failure) + '\\n', stderr: '', exit: 1 };
  }
}
createInterface({ input: process.stdin }).once('line', (line) => {
  const { content } = JSON.parse(line).message;
  const name = (typeof content === 'string' ? content : content.map((block) => block.text).join('')).trim();
  const { stdout, stderr, exit } = scenario(name);
  write(2, stderr);
  write(1, stdout);
  process.exit(exit);
});
`;

export const init = { type: 'system', subtype: 'init', model: 'fake', session_id: 's', tools: [] };
export const assistant = (...content) => ({ type: 'assistant', message: { id: 'm', role: 'assistant', content } });
export const streamed = (event) => ({ type: 'stream_event', event, parent_tool_use_id: null });
export const result = (text, more = {}) => ({ type: 'result', subtype: 'success', is_error: false, num_turns: 1,
  result: text, total_cost_usd: 0, usage: { input_tokens: 1, output_tokens: 1 }, ...more });

// fakeCLI writes the program and its scenarios, { name: { lines, stderr, exit } }, and
// returns the program's path. A line is an object or a text that is printed as it is.
export async function fakeCLI(t, scenarios) {
  const dir = await tempDir(t);
  for (const [name, { lines, stderr = '', exit = 0 }] of Object.entries(scenarios)) {
    const stdout = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)) + '\n').join('');
    await writeFile(join(dir, `${name}.json`), JSON.stringify({ stdout, stderr, exit }));
  }
  const path = join(dir, 'claude');
  await writeFile(path, PROGRAM, { mode: 0o755 });
  return path;
}
