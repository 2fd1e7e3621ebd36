import { describe, expect, test } from 'vitest';
import { mergeKubeconfig } from '../../src/cli/kubeconfig.ts';

const config = (name: string, server: string) => ({
  apiVersion: 'v1',
  kind: 'Config',
  'current-context': name,
  clusters: [{ name, cluster: { server } }],
  contexts: [{ name, context: { cluster: name, user: name } }],
  users: [{ name, user: { token: `of ${server}` } }],
});

describe('merging into a kubeconfig', () => {
  test('nothing there: it is ours', () => {
    expect(mergeKubeconfig({}, config('slipway', 'https://new'))).toEqual(config('slipway', 'https://new'));
  });

  test('what is there stays, and ours becomes the current one', () => {
    const theirs = { ...config('prod', 'https://prod'), preferences: { colors: true } };
    const merged = mergeKubeconfig(theirs, config('slipway', 'https://new'));
    expect(merged).toMatchObject({ 'current-context': 'slipway', preferences: { colors: true } });
    expect(merged['clusters']).toEqual([...theirs.clusters, ...config('slipway', 'https://new').clusters]);
    expect(merged['users']).toEqual([...theirs.users, ...config('slipway', 'https://new').users]);
  });

  test('merged again, it takes the place of what it was', () => {
    const once = mergeKubeconfig(config('prod', 'https://prod'), config('slipway', 'https://old'));
    const twice = mergeKubeconfig(once, config('slipway', 'https://new'));
    expect(twice).toEqual(mergeKubeconfig(config('prod', 'https://prod'), config('slipway', 'https://new')));
  });

  test('empty lists of another program are no obstacle', () => {
    const merged = mergeKubeconfig({ clusters: null, contexts: null, users: null }, config('slipway', 'https://new'));
    expect(merged).toEqual(config('slipway', 'https://new'));
  });
});
