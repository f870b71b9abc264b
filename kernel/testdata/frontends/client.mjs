// What the tests of the kernel's protocol share. MODULES is the folder with node_modules.
import { createRequire } from 'node:module';
import { isDeepStrictEqual } from 'node:util';

export const require = createRequire(process.env.MODULES + '/');
export const services = require('@jupyterlab/services');

export const sleep = ms => new Promise(done => setTimeout(done, ms));

let failures = 0;

// check reports a difference between what came and what must come.
export function check(name, got, want) {
  const ok = want instanceof RegExp ? want.test(got) : isDeepStrictEqual(got, want);
  if (ok) return;
  failures++;
  console.log(`${name}: got ${JSON.stringify(got)}, want ${want instanceof RegExp ? want : JSON.stringify(want)}`);
}

// finish ends the program; its exit status tells whether all checks held.
export function finish() {
  console.log(failures ? `${failures} failures` : 'all checks hold');
  process.exit(failures ? 1 : 0);
}

// connect starts a kernel behind the Jupyter server at SERVER. close ends the connection.
export async function connect() {
  const address = process.env.SERVER;
  const serverSettings = services.ServerConnection.makeSettings({
    baseUrl: address, wsUrl: address.replace('http', 'ws'), WebSocket: require('ws'), fetch, Request, Headers, appendToken: false
  });
  const kernelManager = new services.KernelManager({ serverSettings });
  const sessionManager = new services.SessionManager({ serverSettings, kernelManager });
  await sessionManager.ready;
  const session = await sessionManager.startNew({ name: 'n', path: 'n.ipynb', type: 'notebook', kernel: { name: 'dendrite' } });
  const close = () => {
    sessionManager.dispose();
    kernelManager.dispose();
  };
  return { kernelManager, session, kernel: session.kernel, close };
}

// within returns what a promise gives, or "nothing" after some seconds.
export const within = (seconds, promise) => Promise.race([promise, sleep(seconds * 1000).then(() => 'nothing')]);

// A published message in one line.
function line(m) {
  const c = m.content;
  switch (m.header.msg_type) {
    case 'stream': return `${c.name} ${c.text}`;
    case 'error': return `error ${c.ename}: ${c.evalue}`;
    case 'execute_result': return `result [${c.execution_count}] ${c.data['text/plain']}`;
    case 'display_data': return `display ${c.data['text/html'] ?? c.data['text/plain']}`;
    case 'update_display_data': return `update ${c.data['text/html'] ?? c.data['text/plain']}`;
    default: return m.header.msg_type;
  }
}

// run starts a cell. The future has the lines of its outputs in shown.
export function run(kernel, code, options = {}) {
  const future = kernel.requestExecute({ code, allow_stdin: false, stop_on_error: true, ...options }, false);
  future.shown = [];
  future.onIOPub = m => {
    const type = m.header.msg_type;
    if (type === 'clear_output') future.shown.length = 0;
    else if (!['status', 'execute_input'].includes(type)) future.shown.push(line(m));
  };
  return future;
}

// cell runs a cell and returns its outputs and the content of its reply.
export async function cell(kernel, code, options) {
  const future = run(kernel, code, options);
  const reply = await within(90, future.done);
  return { shown: future.shown, reply: reply.content ?? reply };
}

// printed waits until a cell has shown something.
export async function printed(future) {
  for (let i = 0; i < 600 && !future.shown.length; i++) await sleep(100);
}

export const forever = 'fmt.Println("on")\nfor {\n\ttime.Sleep(time.Second)\n}';

// The checks that hold for every way to connect.
export async function checkCells(kernel) {
  const status = async (code, options) => (await cell(kernel, code, options)).reply.status;
  check('value', (await cell(kernel, '6 * 7')).shown, ['result [1] 42']);
  check('silent', (await cell(kernel, 'fmt.Println(1)', { silent: true })).reply.execution_count, 1);
  check('not stored', (await cell(kernel, '1', { store_history: false })).reply.execution_count, 1);
  check('empty cell', (await cell(kernel, '')).reply.status, 'ok');
  check('comment', (await cell(kernel, '// only this')).reply.status, 'ok');
  check('wide letters', (await cell(kernel, 'σ := "é漢🙂"\nσ')).shown, ['result [4] é漢🙂']);
  check('text and value', (await cell(kernel, 'fmt.Println("hi")\n3')).shown, ['stdout hi\n', 'result [5] 3']);
  const wrong = await cell(kernel, 'x := 1\nmissing(x)');
  check('compile error', wrong.shown, ['error CompileError: undefined: missing']);
  check('compile error, reply', [wrong.reply.status, wrong.reply.ename], ['error', 'CompileError']);
  check('panic', (await cell(kernel, 'panic("boo")')).shown, ['error panic: boo']);

  const together = async options => {
    const cells = ['missing()', '"next"'].map(code => run(kernel, code, options));
    return (await Promise.all(cells.map(c => within(60, c.done)))).map(m => m.content?.status);
  };
  check('a failure stops the next cell', await together({}), ['error', 'aborted']);
  check('a failure stops no cell, as in VS Code', await together({ stop_on_error: false }), ['error', 'ok']);

  check('a display is updated', (await cell(kernel,
    'import "github.com/janpfeifer/gonb/gonbui"\n%%\ngonbui.UpdateHtml("id", "<b>one</b>")\ngonbui.UpdateHtml("id", "<b>two</b>")')).shown,
    ['display <b>one</b>', 'update <b>two</b>']);
  check('input is refused', (await cell(kernel, 'gonbui.RequestInput("name?", false)\nvar s string\nfmt.Scanln(&s)\nfmt.Printf("%q\\n", s)')).shown,
    ['stdout ""\n', 'stderr The standard input of a cell is empty. To ask for a value, use gonbui.RequestInput.\n']);

  const comm = kernel.createComm('jupyter.widget');
  const closed = new Promise(done => { comm.onClose = () => done('closed'); });
  comm.open({});
  check('a comm is closed at once', await within(10, closed), 'closed');
  const unknown = services.KernelMessage.createMessage({ msgType: 'no_such_request', channel: 'shell', username: 'u', session: kernel.clientId, content: { a: 1 } });
  kernel.sendShellMessage(unknown, false, true);
  check('a cell after an unknown request', await status('1'), 'ok');
}

// Help and completion are answered at every position of cells in which GoNB searched for a
// name without an end.
export async function checkHelp(kernel) {
  const awkward = ['data, err := os.ReadFile("x")', 'x := 1\ny, z := 2, 3', '', 'f("é", 1, 🙂)'];
  for (const code of awkward) {
    for (let at = -1; at <= [...code].length + 1; at++) {
      const inspect = await within(30, kernel.requestInspect({ code, cursor_pos: at, detail_level: 0 }));
      const complete = await within(30, kernel.requestComplete({ code, cursor_pos: at }));
      check(`help and completion in ${JSON.stringify(code)} at ${at}`, [inspect.content?.status, complete.content?.status], ['ok', 'ok']);
    }
  }
  check('a cell after that', (await cell(kernel, '2')).reply.status, 'ok');
}
