// Many cells and many restarts behind a Jupyter server, with the client code of
// JupyterLab. SERVER is the server's address, CELLS and RESTARTS say how many.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { check, connect, finish, forever, printed, run, sleep, within } from './client.mjs';
import { settled, tree } from './processes.mjs';

const cells = Number(process.env.CELLS), restarts = Number(process.env.RESTARTS);
const files = () => [...readdirSync(process.env.TMPDIR), ...readdirSync(join(process.env.TMPDIR, 'runtime')).filter(f => f.startsWith('kernel-'))].sort();
const before = files();
const { session, kernel, close } = await connect();
check('kernel info', (await within(90, kernel.info)).status, 'ok');

// What comes after the last message of its cell is an error.
const finished = new Set();
const late = [];
kernel.anyMessage.connect((_, { msg, direction }) => {
  if (direction === 'recv' && msg.channel === 'iopub' && finished.has(msg.parent_header.msg_id)) late.push(msg.header.msg_type);
});

// start sends a cell; the future has its statuses in states.
function start(code) {
  const future = run(kernel, code, { stop_on_error: false });
  const { onIOPub } = future;
  future.states = [];
  future.onIOPub = m => {
    if (m.header.msg_type === 'status') future.states.push(m.content.execution_state);
    onIOPub(m);
  };
  return future;
}

// ended waits for a cell and checks its count, its outputs and its statuses. A text that was
// sent in pieces is one output.
async function ended(name, future, count, want) {
  const reply = await within(120, future.done);
  finished.add(future.msg.header.msg_id);
  const shown = [];
  for (const line of future.shown) {
    const stream = ['stdout ', 'stderr '].find(s => line.startsWith(s));
    if (stream && shown.at(-1)?.startsWith(stream)) shown[shown.length - 1] += line.slice(stream.length);
    else shown.push(line);
  }
  if (want instanceof RegExp) check(name, shown.join('\n'), want);
  else check(name, shown, want);
  check(`${name}, count`, reply.content?.execution_count, count);
  // The kernel says again that it is busy with a cell when it has answered another request.
  check(`${name}, statuses`, future.states.join(' '), /^busy( busy)* idle$/);
}

const long = 'x'.repeat(300_000);
const kinds = [
  i => [`fmt.Println("line", ${i})`, [`stdout line ${i}\n`]],
  i => [`${i} * 2`, [`result [${i}] ${2 * i}`]],
  i => [`!echo ${i}`, [`stdout ${i}\n`]],
  i => [`for j := range 3 {\n\tdendrite.Show(${i} + j)\n}`, [0, 1, 2].map(j => `display ${i + j}`)],
  i => [`fmt.Fprintln(os.Stderr, ${i})`, [`stderr ${i}\n`]],
  () => ['', []],
  i => [`panic(${i})`, [`error panic: ${i}`]],
  i => [`for j := range 500 {\n\tfmt.Println(${i}, j)\n}`, ['stdout ' + Array.from({ length: 500 }, (_, j) => `${i} ${j}\n`).join('')]],
  i => [`undefined${i}()`, [`error CompileError: undefined: undefined${i}`]],
  i => [`dendrite.Show(dendrite.Lines(dendrite.LinesSpec{Title: "cell ${i}"}))`, new RegExp(`^display [^]*cell ${i}\\b`)],
  i => [`var kept = ${i}`, []],
  i => ['kept + 1', [`result [${i}] ${i}`]],
  () => ['fmt.Print(strings.Repeat("x", 300_000))', [`stdout ${long}`]]
];

// gopls, for completion, starts late and needs most memory while it loads.
for (let i = 0; i < 120; i++) {
  const reply = await within(30, kernel.requestComplete({ code: 'fmt.Pri', cursor_pos: 7 }));
  if (reply.content?.matches.length) break;
  await sleep(500);
}
check('gopls', tree().filter(p => p.name === 'gopls').length, 1);

// One round has a cell of each kind. In every second round all are sent at once, as by
// "Run all".
let round = 0, sent = 0;
const early = {}; // the largest memory of each program in the first fifth of the cells
while (sent < cells) {
  const together = round++ % 2 === 1;
  const waiting = [];
  for (const kind of kinds.slice(0, cells - sent)) {
    const i = ++sent;
    const [code, want] = kind(i);
    const future = start(code);
    const end = () => ended(`cell ${i}`, future, i, want);
    if (together) waiting.push(end);
    else await end();
  }
  for (const end of waiting) await end();
  await settled(kernel);
  const memory = tree();
  if (round <= 2 || sent <= cells / 5) {
    for (const { name, kB } of memory) early[name] = Math.max(early[name] ?? 0, kB);
  }
  console.log(`${sent} cells: ${memory.map(p => `${p.name} ${p.kB >> 10} MB`).join(', ')}`);
}
for (const { name, kB } of tree()) {
  check(`${name} grows by less than 64 MB after the first cells`, kB - early[name] < 64 << 10, true);
}
check('messages after the end of their cell', late, []);

// A restart after a cell, during a cell, and at once after another restart.
for (let i = 1; i <= restarts; i++) {
  if (i % 3 === 1) await printed(run(kernel, forever));
  await kernel.restart();
  check(`restart ${i}, info`, (await within(90, kernel.info)).status, 'ok');
  if (i % 3 === 0) continue;
  await ended(`restart ${i}, cell`, start(`${i} + 1`), 1, [`result [1] ${i + 1}`]);
  await settled(kernel);
  check(`restart ${i}, GoNBs`, tree().filter(p => p.name === 'gonb').length, 1);
  check(`restart ${i}, folders`, readdirSync(process.env.TMPDIR).filter(f => f.startsWith('dendrite-kernel-')).length, 1);
}

await session.shutdown();
for (let i = 0; i < 100 && tree().length; i++) await sleep(100);
check('processes left', tree(), []);
check('files left', files(), before);
close();
finish();
