// The AI SDK itself, as it comes from npm: its Chat and its transport, against the server.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Chat } from '@ai-sdk/react';
import { DefaultChatTransport } from 'ai';
import { startServer, until } from './server.mjs';

const server = await startServer({ after }, '--demo');

// The transport as docs/protocol.md has it.
const transport = new DefaultChatTransport({
  api: `${server.url}/api/chats`,
  prepareSendMessagesRequest: ({ id, messages, trigger, messageId, body }) => ({
    api: `${server.url}/api/chats/${id}/stream`, body: { messages, trigger, messageId, ...body },
  }),
});

async function call(method, path, body) {
  const answer = await fetch(server.url + path, { method, ...(body && { body: JSON.stringify(body) }) });
  return answer.json();
}

// newChat makes a conversation, and the SDK's chat of it.
async function newChat(id, messages) {
  id ??= (await call('POST', '/api/chats', {})).chat.id;
  const data = [];
  return Object.assign(new Chat({ id, messages, transport, onData: (part) => data.push(part) }), { data });
}

const textOf = (message) => message.parts.filter(({ type }) => type === 'text').map(({ text }) => text).join('');
const contents = async ({ id }) => (await call('GET', `/api/chats/${id}/messages`)).messages.map(({ role, content }) => `${role}: ${content}`);

test('a message is answered, word for word', async () => {
  const chat = await newChat();
  await chat.sendMessage({ text: 'hello' });
  assert.deepEqual([chat.status, chat.error], ['ready', undefined]);
  const [asked, answer] = chat.messages;
  assert.deepEqual(await contents(chat), [`user: ${textOf(asked)}`, `assistant: ${textOf(answer)}`]);
  assert.match(answer.id, /^run_[a-z2-7]{26}$/);
  assert.equal(answer.metadata.state, 'succeeded');
  assert.ok(answer.metadata.usage.outputTokens > 0);
  assert.ok(answer.parts.filter(({ type }) => type === 'text').every(({ state }) => state === 'done'));
  await chat.sendMessage({ text: 'history' });
  assert.match(textOf(chat.messages.at(-1)), /hello/);
});

test('tools are parts of the message', async () => {
  const chat = await newChat();
  await chat.sendMessage({ text: 'tool' });
  const tool = chat.messages.at(-1).parts.find(({ type }) => type === 'dynamic-tool');
  assert.equal(tool.toolName, 'Bash');
  assert.equal(tool.state, 'output-available');
  assert.match(tool.output, /hello from a tool/);
  assert.equal(tool.input.command, 'echo hello from a tool');
});

test('a request for an approval is a part that changes when it is decided', async () => {
  const chat = await newChat();
  const sent = chat.sendMessage({ text: 'approve' });
  const asked = () => chat.messages.at(-1)?.parts.find(({ type }) => type === 'data-permission');
  await until(() => asked()?.data.state === 'pending', 'it asks');
  await call('POST', `/api/approvals/${asked().id}`, { allow: true });
  await sent;
  assert.equal(asked().data.state, 'allowed');
  assert.ok(asked().data.toolName);
  assert.equal(chat.status, 'ready');
});

test('a stream is resumed by whoever comes later, until there is none', async () => {
  const chat = await newChat();
  const sent = chat.sendMessage({ text: 'slow' });
  await until(() => chat.messages.length === 2 && textOf(chat.messages[1]).length > 10, 'it answers');
  const other = await newChat(chat.id, chat.messages.slice(0, 1));
  const resumed = other.resumeStream();
  await until(() => other.messages.length === 2 && textOf(other.messages[1]).length > 10, 'it resumes');
  await call('POST', `/api/chats/${chat.id}/abort`);
  await Promise.all([sent, resumed]);
  assert.equal(textOf(other.messages.at(-1)), textOf(chat.messages.at(-1)));
  assert.deepEqual([chat.status, chat.messages.at(-1).metadata.state], ['ready', 'aborted']);
  const late = await newChat(chat.id, chat.messages.slice(0, 1));
  await late.resumeStream();
  assert.equal(late.messages.length, 1);
});

test('stopping leaves the run as it is; aborting ends it', async () => {
  const chat = await newChat();
  const sent = chat.sendMessage({ text: 'slow' });
  await until(() => chat.messages.length === 2, 'it answers');
  await chat.stop();
  await sent;
  assert.ok((await call('GET', `/api/chats/${chat.id}`)).chat.run);
  assert.ok((await call('POST', `/api/chats/${chat.id}/abort`)).chat);
  await until(async () => !(await call('GET', `/api/chats/${chat.id}`)).chat.run, 'it ends');
  assert.equal((await call('POST', `/api/chats/${chat.id}/abort`)).code, 'NO_ACTIVE_RUN');
});

test('an answer again, and another question in the place of one, are branches', async () => {
  const chat = await newChat();
  await chat.sendMessage({ text: 'one' });
  await chat.sendMessage({ text: 'two' });
  await chat.regenerate();
  assert.deepEqual((await contents(chat)).filter((text) => text.startsWith('user')), ['user: one', 'user: two']);
  await chat.sendMessage({ text: 'three', messageId: chat.messages[0].id });
  assert.deepEqual((await contents(chat)).filter((text) => text.startsWith('user')), ['user: three']);
  assert.equal(chat.messages.length, 2);
  assert.equal(chat.status, 'ready');
});

test('what fails is an error of the chat', async () => {
  const chat = await newChat();
  await chat.sendMessage({ text: 'error' });
  assert.equal(chat.status, 'error');
  assert.match(chat.error.message, /stand-in agent was asked for an error/);
  const nobodys = await newChat(`conv-${'a'.repeat(26)}`);
  await nobodys.sendMessage({ text: 'hello' });
  assert.match(nobodys.error.message, /SESSION_NOT_FOUND/);
});
