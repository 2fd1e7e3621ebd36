import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { wholePacks } from '../../src/gitops/source/remote/files.ts';

test.each(['pack-1.pack', 'pack-1.idx'])('%s has its name only when it is whole', async (name) => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-packs-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const whole = Buffer.alloc(32 * 1024 * 1024, 1);
  let seenInPart = false;
  const look = setInterval(() => {
    seenInPart ||= readdirSync(folder).includes(name) && !readFileSync(join(folder, name)).equals(whole);
  });
  await wholePacks.promises.writeFile(join(folder, name), whole).finally(() => clearInterval(look));
  expect({ seenInPart, files: readdirSync(folder) }).toEqual({ seenInPart: false, files: [name] });
});
