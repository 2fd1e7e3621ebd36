import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Scope } from '../../src/base/index.ts';
import { decideMirrors, readManifest } from '../../src/kubelet/staticpods/manifests.ts';
import { MIRROR_ANNOTATION, PODS, type Pod } from '../../src/model/index.ts';
import { controlPlane, type ControlPlane } from '../tools/control-plane.ts';
import { simulatedOn, startNode } from './node.ts';

const text = (command: string, more = '') => `apiVersion: v1
kind: Pod
metadata: {name: dns, labels: {tier: control}${more}}
spec: {containers: [{name: c, image: x, command: [${command}]}]}
`;
const podOf = (source: string): Pod => {
  const read = readManifest({ name: 'dns.yaml', text: source }, 'n1');
  if (!read.ok) throw new Error(read.problem);
  return read.pod;
};

describe('the pod of a file', () => {
  test('is bound to its node, bears its name, and is ended by nothing but its file', () => {
    expect(podOf(text('a'))).toMatchObject({
      metadata: {
        name: 'dns-n1',
        namespace: 'default',
        labels: { tier: 'control' },
        annotations: { 'kubernetes.io/config.source': 'file' },
      },
      spec: { nodeName: 'n1', tolerations: [{ operator: 'Exists', effect: 'NoExecute' }] },
    });
    expect(podOf(text('a', ', namespace: kube-system')).metadata.namespace).toBe('kube-system');
  });

  test.each([
    ['no YAML', 'a: [', 'line 1'],
    ['another kind', 'apiVersion: v1\nkind: Service\nmetadata: {}\nspec: {}', 'it is no v1 Pod'],
    ['more than one', `${text('a')}---\n${text('b')}`, 'a file of a static pod holds one Pod and nothing else'],
    ['nothing', '', 'a file of a static pod holds one Pod and nothing else'],
  ])('is none where there is %s', (_, source, problem) => {
    expect(readManifest({ name: 'x.yaml', text: source }, 'n1')).toMatchObject({ ok: false, file: 'x.yaml', problem: expect.stringContaining(problem) });
  }); // prettier-ignore

  const told = (wanted: Pod[], present: Pod[]) =>
    decideMirrors(wanted, present).map((step) => `${step.do} ${step.pod.metadata.annotations?.[MIRROR_ANNOTATION]?.slice(0, 4)}`);
  const [a, b] = [podOf(text('a')), podOf(text('b'))];
  const leaving = { ...a, metadata: { ...a.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } };
  const mark = (pod: Pod) => pod.metadata.annotations?.[MIRROR_ANNOTATION]?.slice(0, 4);

  test.each([
    ['is made', [a], [], [`create ${mark(a)}`]],
    ['is left alone', [a], [a], []],
    ['goes with its file', [], [a], [`delete ${mark(a)}`]],
    ['goes when its file is another', [b], [a], [`delete ${mark(a)}`]],
    ['is waited for while it goes', [b], [leaving], []],
  ])('%s', (_, wanted, present, steps) => {
    expect(told(wanted, present)).toEqual(steps);
  }); // prettier-ignore
});

describe('a node with a directory of pods', () => {
  let plane: ControlPlane;
  let scope: Scope;
  let directory: string;

  beforeEach(async () => {
    plane = await controlPlane();
    scope = new Scope('test');
    directory = mkdtempSync(join(tmpdir(), 'slipway-static-'));
    writeFileSync(join(directory, 'dns.yaml'), text('a'));
    await startNode(plane, { scope, runtime: simulatedOn(plane), staticPods: directory });
  });
  afterEach(async () => {
    await scope.close();
    rmSync(directory, { recursive: true });
  });

  const running = async () => {
    const { items } = await plane.client.list(PODS);
    return items.filter(({ status }) => status?.phase === 'Running').map(({ metadata }) => metadata.name);
  };
  const until = (done: () => Promise<boolean>) => plane.clock.advanceUntil(done, 60_000);

  test('runs them, and has each again that somebody deletes', async () => {
    await until(async () => (await running()).join() === 'dns-n1');
    const { metadata } = await plane.client.get(PODS, 'dns-n1', 'default');
    expect(metadata.ownerReferences).toMatchObject([{ kind: 'Node', name: 'n1', controller: true }]);
    await plane.client.delete({ kind: PODS, name: 'dns-n1', namespace: 'default' });
    await until(async () => {
      const { items } = await plane.client.list(PODS);
      return items.some((pod) => pod.metadata.uid !== metadata.uid && pod.status?.phase === 'Running');
    });
  });
});
