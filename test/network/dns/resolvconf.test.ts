import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ManualClock } from '../../../src/base/index.ts';
import { followResolvConf, upstreamsIn } from '../../../src/network/index.ts';

test.each([
  [
    'the first three servers',
    'nameserver 1.1.1.1\nnameserver 2.2.2.2\nnameserver 3.3.3.3\nnameserver 4.4.4.4',
    ['1.1.1.1', '2.2.2.2', '3.3.3.3'],
  ],
  ['servers among other lines', '# by hand\nsearch a.example\n  nameserver\t1.1.1.1 # one\noptions ndots:2\n', ['1.1.1.1']],
  ['not those that are this server', 'nameserver 127.96.0.10\nnameserver 1.1.1.1', ['1.1.1.1']],
  ['not what is no address', 'nameserver router\nnameserver fe80::1%eth0', ['fe80::1%eth0']],
  ['nothing in an empty file', '', []],
])('a resolv.conf names %s', (_, text, addresses) => {
  expect(upstreamsIn(text, ['127.96.0.10']).map(({ address }) => address)).toEqual(addresses);
});

test('the servers of the machine are those of its file, soon after it changes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-resolv-'));
  const path = join(folder, 'resolv.conf');
  const clock = new ManualClock();
  const upstreams = followResolvConf(path, [], clock);
  const names = () => upstreams().map(({ address }) => address);
  const write = (text: string, seconds: number) => {
    writeFileSync(path, text);
    utimesSync(path, seconds, seconds);
  };
  expect(names()).toEqual([]);
  write('nameserver 1.1.1.1\n', 1);
  expect(names()).toEqual([]);
  await clock.advance(2_000);
  expect(names()).toEqual(['1.1.1.1']);
  write('nameserver 2.2.2.2\n', 2);
  await clock.advance(2_000);
  expect(names()).toEqual(['2.2.2.2']);
  rmSync(path);
  await clock.advance(2_000);
  expect(names()).toEqual(['2.2.2.2']);
  rmSync(folder, { recursive: true });
});
