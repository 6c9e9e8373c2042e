// Node's HTTP server as a backend: it keeps what it parsed and echoes it; see tests/real_servers.py.
import { createServer } from 'node:http'

let seen = []

const server = createServer((request, response) => {
  const pieces = []
  request.on('data', (piece) => pieces.push(piece))
  request.on('error', () => {})
  request.on('end', () => {
    if (!request.complete) return
    const headers = Object.keys(request.headers)
    const one = [request.method, request.url, Buffer.concat(pieces).toString('latin1'), headers]
    let said = seen
    if (request.url === '/seen') seen = []
    else {
      seen.push(one)
      said = { model: 'm', message: { role: 'assistant', content: 'Yes.' }, done: true, done_reason: 'stop', asked: one }
    }
    const body = Buffer.from(JSON.stringify(said))
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': body.length })
    response.end(body)
  })
})
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
