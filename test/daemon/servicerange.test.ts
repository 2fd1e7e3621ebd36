import { expect, test } from 'vitest';
import { keepServiceRange } from '../../src/daemon/servicerange.ts';
import { SERVICE_CIDRS } from '../../src/model/index.ts';
import { controlPlane } from '../tools/control-plane.ts';

test('the range of Services is told, ready, and follows the runtime', async () => {
  const { client, trusted, clock, store } = await controlPlane();
  const kept = async (range: string) => {
    await keepServiceRange(trusted, range, clock);
    return client.get(SERVICE_CIDRS, 'kubernetes');
  };
  const first = await kept('127.96.0.0/16');
  expect(first).toMatchObject({
    spec: { cidrs: ['127.96.0.0/16'] },
    status: { conditions: [{ type: 'Ready', status: 'True', reason: '', message: 'Kubernetes default Service CIDR is ready' }] },
  });
  const { revision } = store;
  expect(await kept('127.96.0.0/16')).toEqual(first);
  expect(store.revision).toBe(revision);
  expect(await kept('10.96.0.0/12')).toMatchObject({ spec: { cidrs: ['10.96.0.0/12'] }, status: { conditions: [{ type: 'Ready' }] } });
});
