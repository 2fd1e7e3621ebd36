import { beforeEach, describe, expect, test } from 'vitest';
import { answered, ask, fakeBackend } from './fake.ts';

let fake: ReturnType<typeof fakeBackend>;
beforeEach(() => {
  fake = fakeBackend();
});

const LIST = 'GET /api/v1/configmaps';

describe('what cannot be meant', () => {
  test.each([
    ['resourceVersionMatch=Exact', 'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided'],
    [
      'resourceVersion=1&resourceVersionMatch=NotOlderThan&continue=abc',
      'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when continue is provided',
    ],
    [
      'resourceVersion=1&resourceVersionMatch=Newest',
      'resourceVersionMatch: Unsupported value: "Newest": supported values: "Exact", "NotOlderThan", ""',
    ],
    [
      'resourceVersion=0&resourceVersionMatch=Exact',
      'resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
    ],
    ['sendInitialEvents=true', 'sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list'],
    [
      'watch=true&sendInitialEvents=true',
      'resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
    ],
    [
      'watch=true&resourceVersion=1&resourceVersionMatch=NotOlderThan',
      'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
    ],
  ])('%s', async (query, message) => {
    const { code, value } = await answered(fake.backend, `${LIST}?${query}`);
    expect(value).toMatchObject({ reason: 'Invalid', message: `ListOptions.meta.k8s.io "" is invalid: ${message}` });
    expect(value.details).toMatchObject({ group: 'meta.k8s.io', kind: 'ListOptions', causes: [{ field: message.split(':', 1)[0] }] });
    expect(code).toBe(422);
  });

  test('all of it at once', async () => {
    const { value } = await answered(fake.backend, `${LIST}?resourceVersionMatch=Newest`);
    expect(value.details.causes).toHaveLength(2);
    expect(value.message).toMatch(/is invalid: \[resourceVersionMatch: Forbidden: .+, resourceVersionMatch: Unsupported value: .+\]$/);
  });
});

describe('a version that is still to come', () => {
  test('is waited for', async () => {
    const asked = ask(fake.backend, `${LIST}?resourceVersion=20`);
    await fake.clock.advance(1000);
    expect(fake.api.calls).toEqual([]);
    fake.api.revision = 20;
    await fake.clock.advance(50);
    expect((await asked).code).toBe(200);
  });

  test('is left to the verb to refuse after three seconds', async () => {
    const asked = ask(fake.backend, `${LIST}?resourceVersion=20`);
    await fake.clock.advance(2900);
    expect(fake.api.calls).toEqual([]);
    await fake.clock.advance(100);
    expect((await asked).code).toBe(200);
    expect(fake.api.calls).toHaveLength(1);
  });

  test('holds up nobody else', async () => {
    void ask(fake.backend, `${LIST}?resourceVersion=20`);
    expect((await ask(fake.backend, LIST)).code).toBe(200);
    await fake.clock.advance(3000);
  });
});

test('a limit below nothing is none', async () => {
  await answered(fake.backend, `${LIST}?limit=-1`);
  expect(fake.api.calls.at(-1)).toMatchObject({ verb: 'list', query: {} });
  expect(fake.api.calls.at(-1)!.query).not.toHaveProperty('limit');
});
