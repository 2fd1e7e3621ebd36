import { expect, test } from 'vitest';
import { createLog } from '../../src/base/index.ts';

test('a log line is JSON, and secret fields never reach it', () => {
  const lines: string[] = [];
  const log = createLog({ write: (line) => lines.push(line) });
  log.info({ key: 'web/web', revision: 4 }, 'plan applied');
  log.info({ secret: { data: 'hunter2' }, request: { token: 'hunter2', inner: { password: 'hunter2' } } }, 'looked at it');
  expect(JSON.parse(lines[0]!)).toMatchObject({ key: 'web/web', revision: 4, msg: 'plan applied' });
  expect(lines.join('')).not.toContain('hunter2');
});
