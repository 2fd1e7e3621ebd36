import { expect, test } from 'vitest';
import { IngressCounts, type Served } from '../../../src/network/index.ts';

const served = (more: Partial<Served>): Served => ({
  at: 0,
  ms: 3,
  client: '127.0.0.1',
  protocol: 'http',
  method: 'GET',
  host: 'web.example',
  path: '/',
  status: 200,
  bytes: 10,
  ingress: 'shop/web',
  service: 'shop/server',
  ...more,
});

const LABELS = { namespace: 'shop', ingress: 'web', service: 'server' };

test('requests are counted by route and status, with their durations and bytes', () => {
  const counts = new IngressCounts();
  counts.count(served({}));
  counts.count(served({ ms: 30 }));
  counts.count(served({ ms: 60_000, status: 504, bytes: 0 }));
  counts.count(served({ ingress: undefined, service: undefined, status: 404 }));
  const [requests, durations, bytes] = counts.families.map(({ values }) => values());
  expect(requests!.map(({ value, labels }) => [labels['ingress'], labels['code'], value])).toEqual([
    ['web', '200', 2],
    ['web', '504', 1],
    ['', '404', 1],
  ]);
  const web = durations!.filter(({ labels }) => labels['ingress'] === 'web');
  const bucket = (le: string) => web.find(({ labels }) => labels['le'] === le)?.value;
  expect([bucket('0.005'), bucket('0.025'), bucket('0.05'), bucket('10'), bucket('+Inf')]).toEqual([1, 1, 2, 2, 3]);
  expect(web.find(({ metricName }) => metricName.endsWith('_sum'))).toMatchObject({ value: 60.033, labels: LABELS });
  expect(bytes![0]).toEqual({ metricName: 'slipway_ingress_response_bytes_total', value: 20, labels: LABELS });
});

test('of very many routes those that were seen first are forgotten', () => {
  const counts = new IngressCounts();
  for (let i = 0; i < 2_100; i++) counts.count(served({ ingress: `shop/web-${i}` }));
  const names = counts.families[0]!.values().map(({ labels }) => labels['ingress']);
  expect([names.length, names[0]]).toEqual([2_000, 'web-100']);
});
