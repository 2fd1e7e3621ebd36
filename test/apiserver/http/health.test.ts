import { beforeEach, expect, test } from 'vitest';
import { answered, fakeBackend } from './fake.ts';

let fake: ReturnType<typeof fakeBackend>;
beforeEach(() => {
  fake = fakeBackend();
});

const see = async (path: string) => {
  const { code, text } = await answered(fake.backend, `GET ${path}`);
  return `${code} ${text}`;
};

test.each([
  ['/readyz', '200 ok'],
  ['/livez', '200 ok'],
  ['/healthz', '200 ok'],
  ['/readyz/journal', '200 ok'],
  ['/livez/ping', '200 ok'],
  ['/readyz?verbose', '200 [+]ping ok\n[+]journal ok\nreadyz check passed\n'],
  ['/livez?verbose&exclude=journal', '200 [+]ping ok\n[+]journal excluded: ok\nlivez check passed\n'],
  [
    '/healthz?verbose&exclude=etcd',
    '200 [+]ping ok\n[+]journal ok\nwarn: some health checks cannot be excluded: no matches for "etcd"\nhealthz check passed\n',
  ],
])('%s', async (path, expected) => expect(await see(path)).toBe(expected));

test.each(['HEAD', 'POST'])('may be asked by %s', async (method) => {
  expect((await answered(fake.backend, `${method} /readyz`)).code).toBe(200);
});

test('a check that there is not is not found', async () => {
  expect((await answered(fake.backend, 'GET /readyz/etcd')).code).toBe(404);
});

test('what failed is told to everybody, why it failed by the check alone', async () => {
  fake.api.durable = () => Promise.reject(new Error('no space on /home/ada'));
  expect(await see('/readyz')).toBe('500 [+]ping ok\n[-]journal failed: reason withheld\nreadyz check failed\n');
  expect(await see('/readyz/journal')).toBe('500 internal server error: no space on /home/ada\n');
  expect(await see('/readyz?exclude=journal')).toBe('200 ok');
});

test('a disk that takes nothing is a failure though all that there is lies on it', async () => {
  fake.api.assertWritable = () => {
    throw new Error('nothing can be written');
  };
  expect(await see('/readyz/journal')).toBe('500 internal server error: nothing can be written\n');
});

test('a disk that does not answer is a failure too', async () => {
  fake.api.onDisk = 0;
  const seen = see('/readyz');
  await fake.clock.advance(2000);
  expect(await seen).toContain('[-]journal failed: reason withheld');
});
