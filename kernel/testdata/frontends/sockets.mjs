// The kernel as its own process, connected with ZeroMQ sockets, as VS Code does without a
// server. SPEC is the kernel.json.
import crypto from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { spawn } from 'node:child_process';
import { cell, check, checkCells, finish, forever, printed, require, run, services, sleep, within } from './client.mjs';

const zmq = require('zeromq');
const { KernelConnection } = require('@jupyterlab/services/lib/kernel/default');

const freePort = () => new Promise(done => {
  const server = net.createServer();
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => done(port));
  });
});

const connection = { key: crypto.randomUUID(), signature_scheme: 'hmac-sha256', transport: 'tcp', ip: '127.0.0.1', kernel_name: 'dendrite' };
for (const name of ['hb', 'control', 'shell', 'iopub', 'stdin']) connection[name + '_port'] = await freePort();
const file = path.join(process.env.TMPDIR, 'kernel-v3.json');
fs.writeFileSync(file, JSON.stringify(connection), { mode: 0o600 });
const spec = JSON.parse(fs.readFileSync(process.env.SPEC));
const program = spawn(spec.argv[0], spec.argv.slice(1).map(a => a.replace('{connection_file}', file)), { env: { ...process.env, ...spec.env }, stdio: 'inherit' });
const ended = new Promise(done => program.on('exit', () => done('ended')));

const sign = parts => {
  const mac = crypto.createHmac('sha256', connection.key);
  parts.forEach(part => mac.update(part));
  return mac.digest('hex');
};

// Sockets with the interface of a WebSocket, which the client code expects.
class Sockets {
  constructor() {
    this.protocol = '';
    this.readyState = 1;
    this.channels = {};
    const routingId = crypto.randomUUID();
    for (const name of ['shell', 'control', 'stdin', 'iopub']) {
      const socket = name === 'iopub' ? new zmq.Subscriber() : new zmq.Dealer({ routingId });
      socket.connect(`tcp://127.0.0.1:${connection[name + '_port']}`);
      if (name === 'iopub') socket.subscribe();
      this.channels[name] = socket;
      this.receive(name, socket);
    }
    this.connect();
  }

  // connect asks until something is published: a subscription takes effect only after some time.
  async connect() {
    while (!this.subscribed) {
      this.send(services.KernelMessage.createMessage({ msgType: 'kernel_info_request', channel: 'shell', username: 'u', session: 'connect', content: {} }));
      await sleep(200);
    }
    this.onopen({ target: this });
  }

  async receive(channel, socket) {
    for await (const frames of socket) {
      const at = frames.findIndex(f => f.toString() === '<IDS|MSG>');
      const [signature, ...parts] = frames.slice(at + 1);
      check('signature', signature.toString(), sign(parts.slice(0, 4)));
      if (channel === 'iopub') this.subscribed = true;
      const [header, parent_header, metadata, content] = parts.slice(0, 4).map(p => JSON.parse(p));
      this.onmessage({ data: { header, parent_header, metadata, content, buffers: parts.slice(4), channel }, type: 'message', target: this });
    }
  }

  send(m) {
    const parts = [m.header, m.parent_header || {}, m.metadata || {}, m.content].map(part => Buffer.from(JSON.stringify(part)));
    this.channels[m.channel].send(['<IDS|MSG>', sign(parts), ...parts, ...(m.buffers || [])]);
  }

  close() { Object.values(this.channels).forEach(socket => socket.close()); }
}

const serverSettings = services.ServerConnection.makeSettings({
  WebSocket: Sockets, wsUrl: 'ws://sockets', baseUrl: 'http://sockets', serializer: { serialize: m => m, deserialize: m => m }, fetch, Request, Headers
});
const kernel = new KernelConnection({ serverSettings, model: { name: 'dendrite', id: crypto.randomUUID() }, handleComms: true, username: 'u', clientId: crypto.randomUUID() });
const control = msgType => kernel.sendControlMessage(
  services.KernelMessage.createMessage({ msgType, channel: 'control', username: 'u', session: kernel.clientId, content: {} }), true, true).done;

check('kernel info', (await within(90, kernel.info)).status, 'ok');
check('kernel info on the control socket', (await within(10, control('kernel_info_request'))).content?.status, 'ok');
await checkCells(kernel);

let busy = run(kernel, forever);
await printed(busy);
check('interrupt request', (await within(10, control('interrupt_request'))).content?.status, 'ok');
check('interrupted', (await within(30, busy.done)).content?.ename, 'Interrupted');
busy = run(kernel, forever);
await printed(busy);
program.kill('SIGINT');
check('SIGINT', (await within(30, busy.done)).content?.ename, 'Interrupted');
check('a cell after that', (await cell(kernel, '1')).reply.status, 'ok');
program.kill('SIGTERM');
check('SIGTERM', await within(20, ended), 'ended');
finish();
