// The plainest browser client that people have, as a fixture: it does not wait for the
// server's first frame but for 100 ms after the socket opened, and then sends.

export function basicClient(url, prompt, meta) {
  const log = { frames: [], errors: [], texts: [], tools: [], plain: [] };
  const socket = new WebSocket(url);

  socket.onopen = () => {
    setTimeout(() => socket.send(JSON.stringify({ prompt, meta })), 100);
  };

  socket.onmessage = ({ data }) => {
    log.frames.push(data);
    let frame;
    try {
      frame = JSON.parse(data);
    } catch {
      log.plain.push(data);
      return;
    }
    if (frame.error) log.errors.push(frame.error);
    else if (frame.type === 'message') readBlocks(frame.content, log);
  };

  return new Promise((resolve) => {
    socket.onclose = ({ code }) => resolve({ ...log, code });
  });
}

function readBlocks(blocks, log) {
  for (const block of blocks) {
    if (block.type === 'text') log.texts.push(block.text);
    if (block.type === 'tool_use') log.tools.push(block.name);
  }
}
