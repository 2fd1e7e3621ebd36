import { expect, it } from 'vitest';
import { closest, suggest } from '../../src/cli/suggest.ts';

it.each([
  ['wbe', ['web', 'api'], 'web'],
  ['Web', ['web'], 'web'],
  ['databse', ['data', 'database'], 'database'],
  ['checkout-servce', ['checkout-service', 'checkout-server'], 'checkout-service'],
  ['web', ['api', 'db'], undefined],
  ['a', ['b'], 'b'],
  ['nope', ['hello'], undefined],
])('%s among %j may be meant for %s', (wanted, names, expected) => {
  expect(closest(wanted, names)).toBe(expected);
});

it.each([
  ['wbe', ['web', 'web'], ': did you mean web?'],
  ['nope', ['web', 'api'], ', only web, api'],
  ['nope', [], ''],
  ['nope', Array.from({ length: 12 }, (_, i) => `shop-${i}`), ', only shop-0, shop-1, shop-2, shop-3, shop-4, shop-5, shop-6, shop-7, shop-8, shop-9 and 2 more'],
])('%s, of which there is none among %j, is answered with what there is', (wanted, names, expected) => {
  expect(suggest(wanted, names)).toBe(expected);
}); // prettier-ignore
