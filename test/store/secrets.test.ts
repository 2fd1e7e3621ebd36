import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { UserError } from '../../src/base/index.ts';
import { readJournal, type Store } from '../../src/store/index.ts';
import { commit, freshDirectory, openJournal, put, segmentsIn } from './journals.ts';

const CANARY = 'hunter2-canary';
const sealed = (key: string) => key.startsWith('core/secrets/');

let directory: string;
let keyDirectory: string;

const open = (): Promise<Store> => openJournal(directory, { sealed, keyDirectory });

beforeEach(async () => {
  directory = freshDirectory();
  keyDirectory = join(freshDirectory(), 'keys');
  const store = await open();
  commit(store, put('core/secrets/d/s', { data: CANARY }), put('core/configmaps/d/c', { data: 'plain' }));
  await store.close();
});

test('a sealed value is nowhere on disk in clear, and is read again', async () => {
  for (const folder of [directory, keyDirectory]) {
    for (const name of readdirSync(folder)) expect(readFileSync(join(folder, name), 'utf8')).not.toContain(CANARY);
  }
  const store = await open();
  expect(store.get('core/secrets/d/s')?.value).toEqual({ data: CANARY });
  expect(store.get('core/configmaps/d/c')?.value).toEqual({ data: 'plain' });
});

test('a snapshot keeps it sealed, and gives it back', async () => {
  const store = await openJournal(directory, { sealed, keyDirectory, snapshots: { afterBytes: 1 } });
  commit(store, put('core/secrets/d/t', { data: CANARY }));
  await store.close();
  const snapshot = readdirSync(directory).find((name) => name.startsWith('snapshot-'))!;
  expect(readFileSync(join(directory, snapshot), 'utf8')).toMatch(/core\/secrets\/d\/t.*"sealed":/);
  expect(readFileSync(join(directory, snapshot), 'utf8')).not.toContain(CANARY);
  rmSync(join(directory, 'journal-000001.jsonl'));
  expect((await open()).get('core/secrets/d/t')?.value).toEqual({ data: CANARY });
});

test('the same value is never the same on disk', async () => {
  const store = await open();
  commit(store, put('core/secrets/d/s', { data: CANARY }));
  await store.close();
  const texts: string[] = [];
  for await (const record of readJournal(directory)) if (record.op === 'put' && record.sealed) texts.push(record.sealed);
  expect(texts).toHaveLength(2);
  expect(new Set(texts).size).toBe(2);
});

test('the key is made once and only its owner can read it', async () => {
  const path = join(keyDirectory, 'secret.key');
  const before = readFileSync(path, 'utf8');
  await open();
  expect(readFileSync(path, 'utf8')).toBe(before);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('another key stops the start', async () => {
  rmSync(join(keyDirectory, 'secret.key'));
  const opening = open();
  await expect(opening).rejects.toBeInstanceOf(UserError);
  await expect(opening).rejects.toThrow('secret.key is not the key that core/secrets/d/s was encrypted with');
});

test('a key file that is no key stops the start', async () => {
  writeFileSync(join(keyDirectory, 'secret.key'), 'short\n');
  await expect(open()).rejects.toThrow('secret.key is no key of 32 bytes');
});

test('the journal is read without the key', async () => {
  const records: unknown[] = [];
  for await (const record of readJournal(directory)) records.push(record);
  expect(records).toMatchObject([
    { key: 'core/secrets/d/s', sealed: expect.any(String) },
    { key: 'core/configmaps/d/c', text: '{"data":"plain"}' },
  ]);
  expect(segmentsIn(directory)).toHaveLength(1);
});
