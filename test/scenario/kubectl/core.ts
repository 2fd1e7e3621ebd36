import { expect, test } from 'vitest';
import { head, type BareCluster } from '../shell.ts';

/** The most used of kubectl, for whichever version a machine has. */
export function usingAnother(cluster: () => BareCluster, kubectl: string): void {
  test('creates, reads, changes, rolls out and deletes', async () => {
    const { types, fails, run, file } = await cluster().shell('another', kubectl);
    expect(await types('kubectl api-versions')).toContain('\napps/v1\n');
    expect(await types('kubectl explain deploy.spec.replicas')).toContain('FIELD: replicas <integer>');
    expect(await types('kubectl create deployment web --image=nginx:1 --replicas=2')).toBe('deployment.apps/web created\n');
    expect(await types('kubectl rollout status deploy web --timeout=30s')).toMatch(/deployment "web" successfully rolled out\n$/);
    expect(await types('kubectl expose deploy web --port=80')).toBe('service/web exposed\n');
    expect(head(await types('kubectl get deploy,svc'))).toEqual(['NAME', 'READY', 'UP-TO-DATE', 'AVAILABLE', 'AGE']);
    expect(await types('kubectl get po -l app=web -o jsonpath={.items[*].status.phase}')).toBe('Running Running');
    expect(await types('kubectl describe deploy web')).toMatch(
      /^Replicas: +2 desired \| 2 updated \| 2 total \| 2 available \| 0 unavailable$/m,
    );
    expect(await types('kubectl set image deploy/web nginx=nginx:2 && kubectl rollout status deploy web --timeout=30s')).toContain(
      'successfully rolled out\n',
    );
    expect(await types('kubectl rollout undo deploy web')).toBe('deployment.apps/web rolled back\n');
    expect(await types('kubectl scale deploy web --replicas=1')).toBe('deployment.apps/web scaled\n');

    for (const kind of [
      'configmap x --from-literal=a=1',
      'secret generic x --from-literal=a=1',
      'job x --image=x',
      'serviceaccount x',
      'service nodeport x --tcp=80',
    ]) {
      expect(await types(`kubectl create ${kind}`)).toMatch(/^\S+\/x created\n$/);
    }
    const settings = (value: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { value } });
    file('settings.json', settings('one'));
    expect(await types('kubectl apply -f settings.json')).toBe('configmap/settings created\n');
    file('settings.json', settings('two'));
    expect((await run('kubectl diff -f settings.json')).code).toBe(1);
    expect(await types('kubectl apply -f settings.json')).toBe('configmap/settings configured\n');
    expect(await types('kubectl apply --server-side -f settings.json')).toBe('configmap/settings serverside-applied\n');
    expect(await types(`kubectl patch cm settings --type=merge -p '{"data":{"value":"three"}}'`)).toBe('configmap/settings patched\n');
    expect(await types('kubectl label cm settings a=b')).toBe('configmap/settings labeled\n');
    expect(await types('kubectl auth can-i create pods')).toBe('yes\n');
    expect(await fails('kubectl get cm nosuch')).toBe('Error from server (NotFound): configmaps "nosuch" not found\n');
    expect(await types('kubectl delete deploy web --cascade=foreground -o name')).toBe('deployment.apps/web\n');
    expect(await types('kubectl delete cm,secret,sa,svc x -o name | sort')).toBe('configmap/x\nsecret/x\nservice/x\nserviceaccount/x\n');
  });
}
