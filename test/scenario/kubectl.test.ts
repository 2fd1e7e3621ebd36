import { afterAll, beforeAll, describe } from 'vitest';
import { asking } from './kubectl/asking.ts';
import { changing } from './kubectl/changing.ts';
import { usingAnother } from './kubectl/core.ts';
import { creating } from './kubectl/creating.ts';
import { deleting } from './kubectl/deleting.ts';
import { discovering, getting } from './kubectl/reading.ts';
import { rolling, tending } from './kubectl/rolling.ts';
import { working } from './kubectl/working.ts';
import { otherKubectls } from '../tools/kubectl.ts';
import { BareCluster, hasClients } from './shell.ts';

describe.skipIf(!hasClients)('kubectl against a control plane without a repository', { timeout: 60_000 }, () => {
  const cluster = new BareCluster();
  beforeAll(() => cluster.up());
  afterAll(() => cluster.close());

  describe.concurrent('discovers', () => discovering(() => cluster));
  describe.concurrent('creates', () => creating(() => cluster));
  describe.concurrent('changes', () => changing(() => cluster));
  describe.concurrent('rolls out', () => rolling(() => cluster));
  describe.concurrent('lets controllers work', () => working(() => cluster));
  describe.concurrent('deletes', () => deleting(() => cluster));
  describe.concurrent('gets', () => getting(() => cluster));
  describe.concurrent('asks', () => asking(() => cluster));
  describe.each(otherKubectls())('the machine’s own kubectl', (kubectl) => usingAnother(() => cluster, kubectl));
  describe('tends nodes', () => tending(() => cluster));
});
