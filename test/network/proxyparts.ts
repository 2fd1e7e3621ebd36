import { seededRandom, silentLog, type Clock, type Scope } from '../../src/base/index.ts';
import type { FakeApi } from '../scheduler/fakeapi.ts';

/** What every service proxy is started with. */
export const proxyParts = (api: FakeApi, clock: Clock, scope: Scope) => ({
  client: api.client,
  clock,
  random: seededRandom(1),
  log: silentLog,
  scope,
});
