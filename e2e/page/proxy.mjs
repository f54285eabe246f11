// A TCP proxy between the page and the server that cuts and holds up as a network does.

import { connect, createServer } from 'node:net';

// startProxy listens on a free port. `to` is to be set to the server's port, `budget` may say
// how many bytes each connection brings before it is cut, and while it is `deaf` only the first
// thing that a client says is passed on. `allow` is the flag with which the server takes the
// proxy's address for its own.
export async function startProxy(t) {
  const pairs = new Set();
  const proxy = { to: 0, budget: () => Infinity, deaf: false, cuts: 0, cut: () => pairs.forEach(end), stall: () => pairs.forEach(hold) };
  const server = createServer((client) => {
    const pair = { client, upstream: connect(proxy.to, '127.0.0.1'), left: proxy.budget(), held: false, asked: false };
    pairs.add(pair);
    for (const socket of [client, pair.upstream]) {
      socket.on('error', () => {});
      socket.on('close', () => { end(pair); pairs.delete(pair); });
    }
    client.on('data', (data) => {
      if (!pair.held && !(proxy.deaf && pair.asked)) pair.upstream.write(data);
      pair.asked = true;
    });
    pair.upstream.on('data', (data) => forward(proxy, pair, data));
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  t.after(() => { pairs.forEach(end); server.close(); });
  const host = `127.0.0.1:${server.address().port}`;
  return Object.assign(proxy, { url: `http://${host}`, allow: `--allow-host=${host}` });
}

// forward passes the server's bytes on until the connection's budget is spent.
function forward(proxy, pair, data) {
  if (pair.held) return;
  pair.client.write(data.subarray(0, pair.left));
  pair.left -= data.length;
  if (pair.left > 0) return;
  proxy.cuts++;
  end(pair);
}

function end({ client, upstream }) {
  client.destroySoon();
  upstream.destroy();
}

// hold makes a connection silent: neither side is told anything any more.
function hold(pair) {
  pair.held = true;
}
