// What runs in the pods of the network scenario: says its version over HTTP, repeats WebSocket messages and datagrams.
const { createSocket } = require('node:dgram');
const { createServer } = require('node:http');
const { WebSocketServer } = require('ws');
const { HOST, VERSION } = process.env;

let leaving = false;
const server = createServer((request, response) => {
  if (leaving) response.setHeader('connection', 'close');
  response.setHeader('x-seen-host', String(request.headers.host));
  response.end(`${VERSION} ${request.url}`);
});
const sockets = new WebSocketServer({ server });
sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(`${VERSION} ${String(data)}`)));
server.listen(8080, HOST);

const datagrams = createSocket('udp4');
datagrams.on('message', (data, { port, address }) => datagrams.send(`${VERSION} ${String(data)}`, port, address));
datagrams.bind(8080, HOST);

process.on('SIGTERM', () => {
  leaving = true;
  setTimeout(() => {
    for (const socket of sockets.clients) socket.close(1001, 'leaving');
    server.close(() => process.exit(0));
    setTimeout(() => process.exit(0), 500);
  }, 1500);
});
