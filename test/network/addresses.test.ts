import { expect, test } from 'vitest';
import { machineAddresses } from '../../src/network/index.ts';

test.each([
  ['of all of them', ['0.0.0.0/0'], [], true],
  ['of its network', ['127.0.0.0/8'], [], true],
  ['of another network', ['192.0.2.0/24'], [], false],
  ['of all but itself', ['0.0.0.0/0'], ['127.0.0.1'], false],
  ['of all but its network', ['0.0.0.0/0', '::/0'], ['127.0.0.0/8'], false],
])('the usual loopback address is one %s: %j without %j', (_, ranges, others, is) => {
  expect(machineAddresses(ranges, others).includes('127.0.0.1')).toBe(is);
});
