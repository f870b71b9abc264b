// The processes of the kernel under test: TMPDIR is in their command lines.
import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { check, sleep } from './client.mjs';

// tree lists these processes with their memory; shared pages are divided among those that
// share them.
export function tree() {
  const found = [];
  for (const id of readdirSync('/proc').filter(name => /^\d+$/.test(name))) {
    try {
      const args = readFileSync(`/proc/${id}/cmdline`, 'utf8').split('\0');
      if (!args.some(a => a.includes(process.env.TMPDIR))) continue;
      const [, kB] = readFileSync(`/proc/${id}/smaps_rollup`, 'utf8').match(/^Pss:\s+(\d+)/m);
      found.push({ name: basename(args[0]), kB: Number(kB) });
    } catch { // it has ended since
    }
  }
  return found;
}

// settled checks that the front end sees an idle kernel.
export async function settled(kernel) {
  for (let i = 0; i < 50 && kernel.status !== 'idle'; i++) await sleep(100);
  check('status and connection', [kernel.status, kernel.connectionStatus], ['idle', 'connected']);
}
