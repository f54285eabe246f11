#!/usr/bin/env node
// Run one prompt on a Spool server and print the agent's output line by line.
//
//     node client.mjs PROMPT [META]
//     node client.mjs URL PROMPT META
//
// Lines go to stdout; the agent's stderr and errors go to stderr. Exit status: 0 done,
// 1 failed, 2 input refused, 3 timeout. Node 22 or newer needs nothing else; an older
// one needs the package ws (npm install ws).

const WebSocket = globalThis.WebSocket ?? (await import('ws')).WebSocket;

const args = process.argv.slice(2);
if (args.length < 1 || args.length > 3) {
  console.error('usage: node client.mjs [URL] PROMPT META');
  process.exit(2);
}
const url = args.length === 3 ? args.shift() : 'ws://127.0.0.1:3000/ws/claude';
const [prompt, meta = 'TASK-123'] = args;

// The server's own frames begin with one of three keys; the agent's lines with "type".
const OWN = /^\{"(info|stderr|error)":/;
let errorCode = '';

function onFrame(text) {
  const frame = OWN.test(text) ? JSON.parse(text) : null;
  if (frame === null) process.stdout.write(`${text}\n`);
  else if (frame.info?.startsWith('send')) socket.send(JSON.stringify({ prompt, meta }));
  else {
    errorCode = frame.code ?? errorCode;
    console.error(frame.stderr ?? text);
  }
}

function exitStatus(close) {
  if (errorCode.startsWith('TIMEOUT_')) return 3;
  if ([1003, 1007, 1008, 1009].includes(close)) return 2;
  return close === 1000 ? 0 : 1;
}

function open() {
  try {
    return new WebSocket(url);
  } catch (error) {
    console.error(error.message);
    process.exit(2);
  }
}

process.stdout.on('error', () => process.exit(1)); // as in: node client.mjs … | head -1
const socket = open();
socket.onmessage = (event) => onFrame(event.data);
socket.onerror = (event) => console.error(event.message || 'the connection failed');
socket.onclose = (event) => {
  process.exitCode = exitStatus(event.code);
};
