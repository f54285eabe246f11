// The server that one writes first with Node and ws: one send for each line.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { WebSocketServer } from '../e2e/node_modules/ws/wrapper.mjs'

const [program, ...args] = process.argv.slice(2)
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, path: '/ws/claude' })

server.on('listening', () => console.log(`listening on http://127.0.0.1:${server.address().port}`))
server.on('connection', (ws) => {
  ws.send('{"info":"send {prompt,meta}"}')
  ws.once('message', (data) => run(ws, JSON.parse(data).prompt))
})

function run(ws, prompt) {
  const agent = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  agent.stdin.end(JSON.stringify({ type: 'user', message: { role: 'user', content: prompt } }) + '\n')
  createInterface({ input: agent.stdout }).on('line', (line) => ws.send(line))
  agent.on('close', () => ws.close(1000))
  ws.on('close', () => agent.kill())
}
