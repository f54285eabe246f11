// What is not the server's own: other origins, and the end of an SSH tunnel.

import { createServer } from 'node:http';
import { connect, createServer as createListener } from 'node:net';

// foreignPage serves HTML on another loopback port, which is another origin.
export async function foreignPage(t, html) {
  const server = createServer((_, response) => response.setHeader('Content-Type', 'text/html').end(html));
  return `${await listen(t, server)}/`;
}

// canary counts who comes to another loopback port: { hits, url }.
export async function canary(t) {
  const hits = [];
  const server = createServer((request, response) => { hits.push(request.url); response.end(); });
  return { hits, url: await listen(t, server) };
}

// tunnel leads to the server from another port, as `ssh -L` does, and returns its address.
export function tunnel(t, url) {
  const { hostname, port } = new URL(url);
  const open = new Set();
  const listener = createListener((near) => {
    const far = connect(Number(port), hostname);
    for (const [from, to] of [[near, far], [far, near]]) {
      open.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => { open.delete(from); to.destroy(); });
      from.pipe(to);
    }
  });
  t.after(() => open.forEach((socket) => socket.destroy()));
  return listen(t, listener);
}

async function listen(t, server) {
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  t.after(() => server.close());
  return `http://127.0.0.1:${server.address().port}`;
}
