import { expect, test } from 'vitest';
import type { BareCluster } from '../shell.ts';

const manifests = (image: string, value: string) => `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: "${image}"}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, labels: {app: web}}
data: {value: "${value}"}
`;

const configMap = (name: string, data = {}) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels: { app: 'web' } }, data });

/** `kubectl apply`, `diff`, `edit`, `patch`, `replace`, `label` and `annotate`. */
export function changing(cluster: () => BareCluster): void {
  test('apply, diff and prune', async () => {
    const { types, fails, run, file } = await cluster().shell('applying');
    file('all.yaml', manifests('nginx:1', 'one'));
    expect(await types('kubectl apply -f all.yaml')).toBe('deployment.apps/web created\nconfigmap/settings created\n');
    expect(await types('kubectl apply -f all.yaml')).toBe('deployment.apps/web unchanged\nconfigmap/settings unchanged\n');
    expect(await run('kubectl diff -f all.yaml')).toEqual({ code: 0, stdout: '', stderr: '' });

    file('all.yaml', manifests('nginx:2', 'two'));
    const diff = await run('kubectl diff -f all.yaml');
    expect(diff).toMatchObject({ code: 1, stderr: '' });
    expect(diff.stdout).toMatch(/^-  generation: 1\n\+  generation: 2$/m);
    expect(diff.stdout).toMatch(/^- +- image: nginx:1\n\+ +- image: nginx:2$/m);
    expect(diff.stdout).toMatch(/^-  value: one\n\+  value: two$/m);
    expect(await types('kubectl apply -f all.yaml --dry-run=server')).toBe(
      'deployment.apps/web configured (server dry run)\nconfigmap/settings configured (server dry run)\n',
    );
    expect(await types('kubectl apply -f all.yaml --dry-run=client')).toBe(
      'deployment.apps/web configured (dry run)\nconfigmap/settings configured (dry run)\n',
    );
    expect(await types('kubectl get cm settings -o jsonpath={.data.value}')).toBe('one');
    expect(await types('kubectl apply -f all.yaml')).toBe('deployment.apps/web configured\nconfigmap/settings configured\n');
    expect(await types('kubectl get cm settings -o jsonpath={.data.value}')).toBe('two');
    expect(await types('kubectl apply view-last-applied cm settings')).toMatch(/^apiVersion: v1\ndata:\n {2}value: two\n/);

    file('kept.json', configMap('kept'));
    expect(await types('kubectl apply -f kept.json --prune -l app=web --prune-allowlist=core/v1/ConfigMap')).toBe(
      'configmap/kept created\nconfigmap/settings pruned\n',
    );
    file('kustom/kustomization.yaml', { commonAnnotations: { by: 'kustomize' }, resources: ['kept.json'] });
    file('kustom/kept.json', configMap('kept'));
    expect(await types('kubectl apply -k kustom')).toBe('configmap/kept configured\n');
    await types('kubectl create cm plain');
    file('plain.json', configMap('plain'));
    expect(await run('kubectl apply -f plain.json')).toEqual({
      code: 0,
      stdout: 'configmap/plain configured\n',
      stderr:
        'Warning: resource configmaps/plain is missing the kubectl.kubernetes.io/last-applied-configuration annotation which is required by kubectl apply. ' +
        'kubectl apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.\n',
    });
    file('gone.json', configMap('gone', { a: 1 }));
    expect(await fails('kubectl apply -f gone.json')).toBe(
      'Error from server (BadRequest): error when creating "gone.json": ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data of type string\n',
    );
  });

  test('apply --server-side: owners, conflicts, force, and coming from client-side apply', async () => {
    const { types, fails, file } = await cluster().shell('serverside');
    const managers =
      'kubectl get deploy web --show-managed-fields -o jsonpath=\'{.metadata.managedFields[?(@.operation=="Apply")].manager}\'';
    file('all.yaml', manifests('nginx:1', 'one'));
    file('other.yaml', manifests('nginx:2', 'one').split('---')[0]!);
    await types('kubectl apply -f all.yaml');
    expect(await types('kubectl apply --server-side -f all.yaml')).toBe(
      'deployment.apps/web serverside-applied\nconfigmap/settings serverside-applied\n',
    );
    expect(await types('kubectl apply --server-side -f all.yaml --dry-run=server')).toBe(
      'deployment.apps/web serverside-applied (server dry run)\nconfigmap/settings serverside-applied (server dry run)\n',
    );
    expect(await fails('kubectl apply --server-side -f other.yaml --field-manager=other')).toMatch(
      /^error: Apply failed with 1 conflict: conflict with "kubectl": \.spec\.template\.spec\.containers\[name="c"\]\.image\nPlease review the fields above--they currently have other managers\./,
    );
    expect(await types('kubectl apply --server-side -f other.yaml --field-manager=other --force-conflicts')).toBe(
      'deployment.apps/web serverside-applied\n',
    );
    expect((await types(managers)).split(' ')).toEqual(expect.arrayContaining(['kubectl', 'other']));
    expect(await types('kubectl get deploy web -o jsonpath={.spec.template.spec.containers[0].image}')).toBe('nginx:2');

    file('owned.json', configMap('owned', { a: '1', b: '2' }));
    await types('kubectl apply --server-side -f owned.json');
    file('owned.json', configMap('owned', { a: '1' }));
    await types('kubectl apply --server-side -f owned.json');
    expect(await types('kubectl get cm owned -o jsonpath={.data}')).toBe('{"a":"1"}');
  });

  test('edit: with an editor, without a change, and with one that is refused and opened again', async () => {
    const { types, run, file, read } = await cluster().shell('editing');
    await types('kubectl create cm text --from-literal=a=1; kubectl create deployment web --image=x --replicas=1');
    file('edit.sh', '#!/bin/sh\nsed -i \'s/a: "1"/a: edited/\' "$1"\n');
    file(
      'twice.sh',
      '#!/bin/sh\nif [ -f second ]; then cp "$1" reopened; sed -i "s/replicas: -1/replicas: 2/" "$1"; else touch second; sed -i "s/replicas: 1/replicas: -1/" "$1"; fi\n',
    );
    expect(await types('EDITOR=./edit.sh kubectl edit cm text')).toBe('configmap/text edited\n');
    expect(await types('kubectl get cm text -o jsonpath={.data.a}')).toBe('edited');
    expect((await run('EDITOR=true kubectl edit cm text')).stderr).toBe('Edit cancelled, no changes made.\n');
    expect(await run('EDITOR=./twice.sh kubectl edit deploy web')).toEqual({
      code: 0,
      stdout: 'deployment.apps/web edited\n',
      stderr: 'error: deployments.apps "web" is invalid\n',
    });
    expect(read('reopened')).toMatch(
      /^# deployments\.apps "web" was not valid:\n# \* spec\.replicas: Invalid value: -1: must be greater than or equal to 0\n#\n/m,
    );
    expect(await types('kubectl get deploy web -o jsonpath={.spec.replicas}')).toBe('2');
  });

  test('patch in all types', async () => {
    const { types, fails } = await cluster().shell('patching');
    await types('kubectl create cm x --from-literal=a=1; kubectl create deployment web --image=nginx:1 --replicas=0');
    expect(await types(`kubectl patch cm x -p '{"data":{"b":"2"}}'`)).toBe('configmap/x patched\n');
    expect(await types(`kubectl patch cm x -p '{"data":{"b":"2"}}'`)).toBe('configmap/x patched (no change)\n');
    expect(await types(`kubectl patch cm x --type=merge -p '{"data":{"a":null}}'`)).toBe('configmap/x patched\n');
    expect(await types(`kubectl patch cm x --type=json -p '[{"op":"add","path":"/data/c","value":"3"}]'`)).toBe('configmap/x patched\n');
    expect(await types('kubectl get cm x -o jsonpath={.data}')).toBe('{"b":"2","c":"3"}');
    expect(
      await types(`kubectl patch deploy web -p '{"spec":{"template":{"spec":{"containers":[{"name":"side","image":"busybox"}]}}}}'`),
    ).toBe('deployment.apps/web patched\n');
    expect(await types('kubectl get deploy web -o jsonpath={.spec.template.spec.containers[*].name}')).toBe('side nginx');
    expect(await types(`kubectl patch deploy web --subresource=scale --type=merge -p '{"spec":{"replicas":1}}'`)).toBe(
      'scale.autoscaling/web patched\n',
    );
    expect(await types(`kubectl patch deploy web --subresource=status --type=merge -p '{"status":{"replicas":7}}' -o name`)).toBe(
      'deployment.apps/web\n',
    );
    expect(await types(`kubectl patch cm x -p '{"data":{"d":"4"}}' --dry-run=server -o jsonpath={.data.d}`)).toBe('4');
    expect(await types('kubectl get cm x -o jsonpath={.data.d}')).toBe('');

    const refused = (why: string) =>
      `Warning: JSON patch: ${why}\nThe request is invalid: the server rejected our request due to an error in our request\n`;
    expect(await fails(`kubectl patch cm x --type=json -p '[{"op":"test","path":"/data/b","value":"9"}]'`)).toBe(
      refused('testing value /data/b failed: test failed'),
    );
    expect(await fails(`kubectl patch cm x --type=json -p '[{"op":"remove","path":"/data/z"}]'`)).toBe(
      refused('remove operation does not apply: Unable to remove nonexistent key: z: missing value'),
    );
    expect(
      await types(
        `kubectl patch cm x --type=json -o jsonpath={.data.z} -p '[{"op":"test","path":"/data/z","value":null},{"op":"replace","path":"/data/z","value":"1"}]'`,
      ),
    ).toBe('1');
    expect(await fails(`kubectl patch deploy web -p '{"spec":{"replicas":"x"}}'`)).toMatch(
      /^The request is invalid: patch: Invalid value: "map\[spec:map\[replicas:x\]\]": /,
    );
    expect(await fails(`kubectl patch cm nosuch -p '{}'`)).toBe('Error from server (NotFound): configmaps "nosuch" not found\n');
    expect(await fails(`kubectl patch deploy web -p '{"spec":{"selector":{"matchLabels":{"app":"other"}}}}'`)).toMatch(
      /^The Deployment "web" is invalid: \n\* spec\.template\.metadata\.labels: Invalid value: \{"app":"web"\}: `selector` does not match template `labels`\n\* spec\.selector: Invalid value: .*: field is immutable\n$/,
    );
  });

  test('replace', async () => {
    const { types, fails, file } = await cluster().shell('replacing');
    file('x.json', configMap('x', { a: '1' }));
    await types('kubectl create -f x.json');
    file('x.json', configMap('x', { a: '2' }));
    expect(await types('kubectl replace -f x.json')).toBe('configmap/x replaced\n');
    expect(await types('kubectl get cm x -o jsonpath={.data.a}')).toBe('2');
    const uid = await types('kubectl get cm x -o jsonpath={.metadata.uid}');
    expect(await types('kubectl replace --force -f x.json')).toMatch(/^configmap "x" deleted.*\nconfigmap\/x replaced\n$/);
    expect(await types('kubectl get cm x -o jsonpath={.metadata.uid}')).not.toBe(uid);
    expect(
      await fails('kubectl get cm x -o json | sed \'s/"resourceVersion": "[0-9]*"/"resourceVersion": "1"/\' | kubectl replace -f -'),
    ).toBe(
      'Error from server (Conflict): error when replacing "STDIN": Operation cannot be fulfilled on configmaps "x": the object has been modified; please apply your changes to the latest version and try again\n',
    );
    file('y.json', configMap('y'));
    expect(await fails('kubectl replace -f y.json')).toBe(
      'Error from server (NotFound): error when replacing "y.json": configmaps "y" not found\n',
    );
  });

  test('label and annotate', async () => {
    const { types, fails, run } = await cluster().shell('labelling');
    await types('kubectl create cm x; kubectl create cm y');
    expect(await types('kubectl label cm x a=b c=d')).toBe('configmap/x labeled\n');
    expect(await types('kubectl label cm x a=b')).toBe('configmap/x not labeled\n');
    expect(await fails('kubectl label cm x a=z')).toBe("error: 'a' already has a value (b), and --overwrite is false\n");
    expect(await types('kubectl label cm x a=z --overwrite')).toBe('configmap/x labeled\n');
    expect(await types('kubectl label cm x --list | sort')).toBe('a=z\nc=d\n');
    expect(await types('kubectl label cm x a-')).toBe('configmap/x unlabeled\n');
    expect((await run('kubectl label cm x a-')).stdout).toContain('label "a" not found.\n');
    expect(await types('kubectl label cm -l c=d only=x')).toBe('configmap/x labeled\n');
    expect(await fails("kubectl label cm x 'bad key=1'")).toMatch(
      /^The ConfigMap "x" is invalid: metadata\.labels: Invalid value: "bad key": name part must consist of/,
    );
    expect(await types('kubectl annotate cm x y note="a text"')).toBe('configmap/x annotated\nconfigmap/y annotated\n');
    expect(await types('kubectl annotate cm x note-')).toBe('configmap/x annotated\n');
    expect(await types('kubectl get cm x -o jsonpath={.metadata.annotations}')).toBe('');
  });
}
