// The kernel behind a Jupyter server, with the client code of JupyterLab. SERVER is the
// server's address.
import { execFileSync } from 'node:child_process';
import { cell, check, checkCells, checkHelp, connect, finish, forever, printed, run, sleep, within } from './client.mjs';

const { kernelManager, session, kernel, close } = await connect();

const info = await within(90, kernel.info);
check('kernel info', [info.status, info.language_info?.name, info.language_info?.file_extension], ['ok', 'go', '.go']);
await checkCells(kernel);
await checkHelp(kernel);

let busy = run(kernel, forever);
await printed(busy);
await kernel.interrupt();
check('interrupt', (await within(30, busy.done)).content?.ename, 'Interrupted');

const second = kernelManager.connectTo({ model: kernel.model });
await second.info;
check('two clients', [(await cell(second, '"second"')).reply.status, (await cell(kernel, '"first"')).reply.status], ['ok', 'ok']);
second.dispose();

busy = run(kernel, forever);
await printed(busy);
const gonb = execFileSync('ps', ['-ww', '-eo', 'pid,args']).toString().split('\n')
  .filter(l => l.includes(` ${process.env.TMPDIR}/dendrite-kernel-`) && l.includes('/bin/gonb --kernel'));
check('one GoNB runs', gonb.length, 1);
gonb.forEach(l => process.kill(parseInt(l), 'SIGKILL'));
const died = (await within(30, busy.done)).content;
check('GoNB was killed', [died?.ename, died?.traceback.length], ['KernelDied', 2]);
check('the next cell', (await cell(kernel, '"again"')).shown.map(s => s.slice(0, 30)), ['stderr The Go kernel had ended', `result [${died.execution_count + 1}] again`]);

await kernel.restart();
await within(60, kernel.info);
check('restart', (await cell(kernel, '"new"')).shown, ['result [1] new']);

await session.shutdown();
await sleep(500);
close();
finish();
