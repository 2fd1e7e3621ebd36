import { expect, test } from 'vitest';
import { cells, type BareCluster } from '../shell.ts';

/** Who one is, what one may do, and what needs no server. */
export function asking(cluster: () => BareCluster): void {
  test('auth can-i, auth whoami, --as', async () => {
    const { types, fails, run } = await cluster().shell('asking');
    expect(cells(await types('kubectl auth whoami'))).toEqual(
      expect.arrayContaining([['ATTRIBUTE', 'VALUE'], ['Username', 'slipway-admin'], ['Groups', '[system:masters system:authenticated]']]),
    ); // prettier-ignore
    expect(await types('kubectl auth can-i "*" "*" --all-namespaces')).toBe('yes\n');
    expect(await run('kubectl auth can-i list pods --as jane')).toMatchObject({ code: 1, stdout: 'no\n' });
    expect(await fails('kubectl get pods --as jane')).toBe(
      'Error from server (Forbidden): pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "asking"\n',
    );
    await types(
      'kubectl create sa bot; kubectl create role reads --verb=get,list --resource=pods; kubectl create rolebinding bot --role=reads --serviceaccount=asking:bot',
    );
    expect(await types('kubectl auth can-i list pods --as system:serviceaccount:asking:bot')).toBe('yes\n');
    expect(await types('kubectl get pods --as system:serviceaccount:asking:bot -o name')).toBe('');
    expect((await run('kubectl auth can-i delete pods --as system:serviceaccount:asking:bot')).stdout).toBe('no\n');
    expect(cells(await types('kubectl auth can-i --list --as system:serviceaccount:asking:bot'))).toEqual(
      expect.arrayContaining([['pods', '[]', '[]', '[get list]']]),
    );
    expect(cells(await types('kubectl auth whoami --as jane --as-group team'))).toEqual(
      expect.arrayContaining([['Username', 'jane'], ['Groups', '[team system:authenticated]']]),
    ); // prettier-ignore
    const token = (await types('kubectl create token bot')).trim();
    expect(await types(`kubectl config set-credentials bot --token=${token}; kubectl config set-context --current --user=bot`)).toBe(
      'User "bot" set.\nContext "slipway" modified.\n',
    );
    expect(cells(await types('kubectl auth whoami'))).toEqual(expect.arrayContaining([['Username', 'system:serviceaccount:asking:bot']]));
    expect(await types('kubectl get pods -o name')).toBe('');
    expect(await fails('kubectl get secrets')).toContain(
      'User "system:serviceaccount:asking:bot" cannot list resource "secrets" in API group "" in the namespace "asking"\n',
    );
    await types('kubectl config set-credentials bot --token=wrong');
    expect(await fails('kubectl get pods')).toBe('error: You must be logged in to the server (Unauthorized)\n');
  });

  test('config and completion', async () => {
    const { types } = await cluster().shell('configuring');
    const view = await types('kubectl config view');
    expect(view).toMatch(/^ {4}certificate-authority-data: DATA\+OMITTED\n {4}server: https:\/\/127\.0\.0\.1:\d+$/m);
    expect(view).not.toMatch(/PRIVATE KEY/);
    expect(await types('kubectl config current-context')).toBe('slipway\n');
    expect(cells(await types('kubectl config get-contexts'))[1]).toEqual(['*', 'slipway', 'slipway', 'slipway', 'configuring']);
    expect(await types('kubectl completion bash')).toContain('__start_kubectl');
    await types('kubectl create cm completed');
    expect(await types("kubectl __complete get cm 'comp' 2>/dev/null")).toBe('completed\n:4\n');
    expect(await types("kubectl __complete get 'statefuls' 2>/dev/null")).toContain('statefulsets.apps\n');
  });

  test('auth reconcile', async () => {
    const { types, file } = await cluster().shell('reconciling');
    file('role.json', {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: 'r', namespace: 'reconciling' },
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
    });
    expect(await types('kubectl auth reconcile -f role.json 2>&1')).toMatch(
      /^role\.rbac\.authorization\.k8s\.io\/r reconciled\n\treconciliation required create\n/,
    );
    expect(await types('kubectl auth reconcile -f role.json')).toBe('role.rbac.authorization.k8s.io/r reconciled\n');
  });

  test('top and logs', async () => {
    const { types, fails } = await cluster().shell('telling');
    await types('kubectl run web --image=nginx && kubectl wait pod/web --for=condition=Ready --timeout=30s');
    expect(await types('kubectl top pods')).toMatch(/^NAME {3}CPU\(cores\) {3}MEMORY\(bytes\) *\nweb +\d+m +\d+Mi *\n$/);
    expect(await types('kubectl top nodes --no-headers')).toMatch(/^node-0 +\d+m +\d+% +\d+Mi +\d+% *\n/);
    expect(await types('kubectl logs web')).not.toBe('');
    expect(await fails('kubectl logs nosuch')).toContain('pods "nosuch" not found');
  });
}
