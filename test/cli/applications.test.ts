import { expect, it } from 'vitest';
import { StatusError } from '../../src/base/index.ts';
import { findApplication } from '../../src/cli/applications.ts';
import type { Client } from '../../src/client/index.ts';
import type { Plan } from '../../src/model/index.ts';

const LONG = 'the-checkout-service-of-the-european-shops';

/** A cluster that has these applications. */
const clientWith = (...names: string[]) =>
  ({
    get: async (_kind: unknown, name: string) => {
      if (!names.includes(name)) throw new StatusError('NotFound', 'not found');
      return { metadata: { name } };
    },
    list: async () => ({ items: names.map((name) => ({ metadata: { name } })) }),
  }) as unknown as Client;
const planOf = (application: string) => ({ metadata: { name: `${application}-1a2b3c4-x7k2p` } }) as Plan;

it('is found by its name, however like that of a plan it is', async () => {
  expect(await findApplication(clientWith(LONG), LONG, [planOf(LONG)])).toMatchObject({ metadata: { name: LONG } });
});

it.each([
  ['web-1a2b3c4-x7k2q', ['web'], 'there is no plan web-1a2b3c4-x7k2q: did you mean web-1a2b3c4-x7k2p?'],
  ['wbe', ['web'], 'there is no application wbe: did you mean web?'],
  [`${LONG}s`, [LONG], `there is no application ${LONG}s: did you mean ${LONG}?`],
  ['nope', ['web', 'api'], 'there is no application nope, only web, api'],
  ['nope', [], 'there is no application nope yet'],
])('%s among %j is told what may have been meant', async (wanted, names, message) => {
  await expect(findApplication(clientWith(...names), wanted, names.map(planOf))).rejects.toThrow(message);
});
