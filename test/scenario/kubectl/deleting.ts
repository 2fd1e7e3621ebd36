import { expect, test } from 'vitest';
import type { BareCluster } from '../shell.ts';

const WEB = 'kubectl create deployment web --image=nginx --replicas=2 && kubectl rollout status deployment web --timeout=30s';

/** `kubectl delete` and `kubectl wait`. */
export function deleting(cluster: () => BareCluster): void {
  test('delete: by name, file, label, all; what is not there', async () => {
    const { types, fails, run, file } = await cluster().shell('deleting');
    file('c.json', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' } });
    await types(
      'for name in a b d e; do kubectl create cm $name; done; kubectl create -f c.json; kubectl label cm d e x=y; kubectl run task --image=x',
    );
    expect(await types('kubectl delete cm a')).toMatch(/^configmap "a" deleted/);
    expect(await fails('kubectl delete cm a')).toBe('Error from server (NotFound): configmaps "a" not found\n');
    expect(await run('kubectl delete cm a --ignore-not-found')).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await types('kubectl delete cm b --dry-run=server')).toMatch(/^configmap "b" deleted.* \(server dry run\)\n$/);
    expect(await types('kubectl delete -f c.json -o name')).toBe('configmap/c\n');
    expect(await types('kubectl delete cm -l x=y -o name')).toBe('configmap/d\nconfigmap/e\n');
    expect((await run('kubectl delete pod task --grace-period=0 --force')).stderr).toMatch(
      /^Warning: Immediate deletion does not wait for confirmation/,
    );
    expect(await types('kubectl delete cm --all -o name')).toBe('configmap/b\nconfigmap/kube-root-ca.crt\n');
    expect(await types('kubectl wait cm/kube-root-ca.crt --for=create --timeout=30s')).toBe('configmap/kube-root-ca.crt condition met\n');
    expect(await fails('kubectl delete namespace default')).toBe(
      'Error from server (Forbidden): namespaces "default" is forbidden: this namespace may not be deleted\n',
    );
  });

  test('delete --cascade: background, foreground, orphan', async () => {
    const { types } = await cluster().shell('cascading');
    await types(WEB);
    expect(await types('kubectl delete deploy web --cascade=foreground -o name')).toBe('deployment.apps/web\n');
    expect(await types('kubectl get rs,po -o name')).toBe('');

    await types(WEB);
    await types('kubectl delete deploy web');
    await types('kubectl wait rs,po -l app=web --for=delete --timeout=30s');

    await types(WEB);
    await types('kubectl delete deploy web --cascade=orphan');
    expect(await types('kubectl get rs -o jsonpath={.items[*].metadata.ownerReferences}')).toBe('');
    expect(await types('kubectl get po -o name | wc -l')).toBe('2\n');
    await types(WEB);
    expect(await types('kubectl get rs -o name | wc -l')).toBe('1\n');
  });

  test('delete: a namespace takes everything along, a finalizer holds', async () => {
    const { types, fails } = await cluster().shell('emptying');
    await types(`${WEB} && kubectl create cm held && kubectl patch cm held -p '{"metadata":{"finalizers":["example.com/hold"]}}'`);
    expect(await types('kubectl delete namespace emptying --wait=false')).toBe('namespace "emptying" deleted\n');
    expect(await types('kubectl wait po -l app=web --for=delete --timeout=30s')).toBe('');
    expect(await types('kubectl get namespace emptying -o jsonpath={.status.phase}')).toBe('Terminating');
    expect(await types('kubectl wait namespace emptying --for=condition=NamespaceFinalizersRemaining --timeout=30s')).toBe(
      'namespace/emptying condition met\n',
    );
    expect(await fails('kubectl create cm late')).toBe(
      'error: failed to create configmap: configmaps "late" is forbidden: unable to create new content in namespace emptying because it is being terminated\n',
    );
    await types(`kubectl patch cm held --type=merge -p '{"metadata":{"finalizers":null}}'`);
    await types('kubectl wait namespace emptying --for=delete --timeout=30s');
    expect(await fails('kubectl get namespace emptying')).toBe('Error from server (NotFound): namespaces "emptying" not found\n');
  });

  test('wait: conditions, values, creation, deletion, and the end of patience', async () => {
    const shell = await cluster().shell('waiting');
    const { types, fails } = shell;
    const coming = types('kubectl wait --for=create deployment/web --timeout=30s');
    const rolling = types('kubectl create deployment web --image=nginx --replicas=2');
    expect(await coming).toBe('deployment.apps/web condition met\n');
    await rolling;
    expect(await types('kubectl wait --for=condition=Available deployment/web --timeout=30s')).toBe('deployment.apps/web condition met\n');
    expect(await types("kubectl wait --for=jsonpath='{.status.readyReplicas}'=2 deployment/web --timeout=30s")).toBe(
      'deployment.apps/web condition met\n',
    );
    expect(await types('kubectl wait --for=condition=Ready pod -l app=web --timeout=30s')).toMatch(/^(pod\/web-\S+ condition met\n){2}$/);
    expect(await fails('kubectl wait --for=condition=Nonsense deployment/web --timeout=50ms')).toBe(
      'error: timed out waiting for the condition on deployments/web\n',
    );
    expect(await types('kubectl delete deploy web --wait=false -o name; kubectl wait --for=delete deployment/web --timeout=30s')).toMatch(
      /^deployment\.apps\/web\n/,
    );
  });
}
