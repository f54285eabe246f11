// The AsyncAPI document as the server gives it, read by the parser that its readers use.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Parser } from '@asyncapi/parser';
import { startServer } from './page/server.mjs';

// A newer version of AsyncAPI is no fault.
const IGNORED = ['asyncapi-latest-version'];

const parse = (text) => new Parser().parse(text);
const found = ({ diagnostics }) => diagnostics.filter(({ code }) => !IGNORED.includes(code))
  .map(({ code, path, message }) => `${code} ${path.join('.')}: ${message}`);

async function served(t) {
  const { url } = await startServer(t, '--demo');
  const answer = await fetch(`${url}/api/asyncapi.json`);
  assert.equal(answer.headers.get('content-type'), 'application/json');
  return answer.text();
}

test('the AsyncAPI document is valid, and says what its readers need', async (t) => {
  const result = await parse(await served(t));
  assert.deepEqual(found(result), []);
  const { document } = result;
  assert.equal(document.version(), '3.0.0');
  const channels = Object.fromEntries(document.channels().all().map((channel) => [channel.address(), channel]));
  assert.deepEqual(Object.keys(channels).sort(), ['/ws', '/ws/claude', '/ws/runs/{run}']);
  const ids = (messages) => [...new Set(messages.all().map((message) => message.id()))].sort();
  for (const [address, channel] of Object.entries(channels)) {
    const used = channel.operations().all().flatMap((operation) => ids(operation.messages()));
    assert.deepEqual(used.sort(), ids(channel.messages()), `${address}: every message belongs to one operation`);
    for (const message of channel.messages().all()) {
      assert.ok(message.hasPayload() && message.examples().all().length > 0, message.id());
    }
  }
  const said = (address) => ids(channels[address].operations().filterByReceive()[0].messages());
  assert.deepEqual(said('/ws/claude'), ['prompt'], 'the one thing that a client says there');
  assert.ok(said('/ws').includes('chatSend'));
});

test('the parser sees what is wrong', async (t) => {
  const text = await served(t);
  for (const [what, spoil] of Object.entries({
    'a schema that is none': ({ components }) => { components.schemas.EndEnvelope.type = 'envelope'; },
    'a message that is not there': ({ channels }) => { channels.claude.messages.end.$ref += 'ing'; },
    'a key of another format': ({ operations }) => { operations.sendRaw.publish = true; },
  })) {
    const document = JSON.parse(text);
    spoil(document);
    assert.notDeepEqual(found(await parse(JSON.stringify(document))), [], what);
  }
});
