import { expect, test } from 'vitest';
import { cells, head, type BareCluster } from '../shell.ts';

const WEB = 'kubectl create deployment web --image=nginx --replicas=3 --port=80';

/** What kubectl reads of the server before anything is there. */
export function discovering(cluster: () => BareCluster): void {
  test('cluster-info, version, api-versions', async () => {
    const { types } = await cluster().shell('discovering');
    expect(await types('kubectl cluster-info')).toMatch(/^Kubernetes control plane is running at https:\/\/127\.0\.0\.1:\d+\n/);
    expect(await types('kubectl version')).toMatch(/^Server Version: v1\.36\.\d+/m);
    expect((await types('kubectl api-versions')).split('\n')).toEqual(
      expect.arrayContaining([
        'admissionregistration.k8s.io/v1',
        'apps/v1',
        'autoscaling/v2',
        'batch/v1',
        'rbac.authorization.k8s.io/v1',
        'v1',
      ]),
    );
    expect(JSON.parse(await types('kubectl get --raw /version'))).toMatchObject({ major: '1', minor: '36' });
    expect(await types('kubectl get --raw /healthz')).toBe('ok');
    expect(await types("kubectl get --raw '/readyz?verbose'")).toMatch(/^\[\+\]ping ok\n[^]*readyz check passed\n$/);
  });

  test('api-resources: short names, groups, scope, verbs, categories', async () => {
    const { types } = await cluster().shell('resources');
    const wide = cells(await types('kubectl api-resources -o wide'));
    const row = (name: string) => wide.find(([first]) => first === name);
    expect(wide[0]).toEqual(['NAME', 'SHORTNAMES', 'APIVERSION', 'NAMESPACED', 'KIND', 'VERBS', 'CATEGORIES']);
    expect(row('pods')).toEqual(['pods', 'po', 'v1', 'true', 'Pod', 'create,delete,deletecollection,get,list,patch,update,watch', 'all']);
    expect(row('deployments')?.slice(0, 5)).toEqual(['deployments', 'deploy', 'apps/v1', 'true', 'Deployment']);
    expect(row('selfsubjectreviews')).toEqual(['selfsubjectreviews', 'authentication.k8s.io/v1', 'false', 'SelfSubjectReview', 'create']);
    expect((await types('kubectl api-resources --namespaced=false -o name')).split('\n')).toEqual(
      expect.arrayContaining(['nodes', 'namespaces', 'clusterroles.rbac.authorization.k8s.io']),
    );
    expect(await types('kubectl api-resources --api-group=apps --verbs=list,get -o name --sort-by=name')).toBe(
      'controllerrevisions.apps\ndaemonsets.apps\ndeployments.apps\nreplicasets.apps\nstatefulsets.apps\n',
    );
  });

  test('explain: kinds, fields, everything below them', async () => {
    const { types, fails } = await cluster().shell('explaining');
    expect(await types('kubectl explain pod')).toMatch(
      /^KIND: {7}Pod\nVERSION: {4}v1\n\nDESCRIPTION:\n {4}Pod is a collection of containers/,
    );
    expect(await types('kubectl explain deploy.spec.replicas')).toMatch(
      /^GROUP: {6}apps\nKIND: {7}Deployment\nVERSION: {4}v1\n\nFIELD: replicas <integer>\n\n\nDESCRIPTION:\n {4}Number of desired pods/,
    );
    expect(await types('kubectl explain svc.spec.type')).toMatch(
      /ENUM:\n {4}ClusterIP\n {4}ExternalName\n {4}LoadBalancer\n {4}NodePort\n/,
    );
    expect(await types('kubectl explain cm.data')).toContain('FIELD: data <map[string]string>');
    const all = await types('kubectl explain statefulset --recursive');
    expect(all).toMatch(/^ {2}spec\t<StatefulSetSpec>\n[^]*^ {4}volumeClaimTemplates\t<\[\]PersistentVolumeClaim>/m);
    expect(all).toMatch(/^ {8}containers\t<\[\]Container> -required-$/m);
    expect(await types('kubectl explain hpa --api-version=autoscaling/v1')).toContain('VERSION:    v1\n');
    expect(await fails('kubectl explain pod.spec.nosuch')).toBe('error: field "nosuch" does not exist\n');
    expect(await fails('kubectl explain nosuch')).toBe('the server doesn\'t have a resource type "nosuch"\n');
  });
}

/** `kubectl get` in all its forms. */
export function getting(cluster: () => BareCluster): void {
  test('get: tables', async () => {
    const { types } = await cluster().shell('getting');
    await types(`${WEB} && kubectl expose deployment web && kubectl rollout status deployment web --timeout=30s`);
    expect(await types('kubectl get deploy')).toMatch(/^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nweb +3\/3 +3 +3 +\d+s\n$/);
    expect(head(await types('kubectl get po'))).toEqual(['NAME', 'READY', 'STATUS', 'RESTARTS', 'AGE']);
    expect(head(await types('kubectl get po -o wide'))).toEqual([
      'NAME', 'READY', 'STATUS', 'RESTARTS', 'AGE', 'IP', 'NODE', 'NOMINATED NODE', 'READINESS GATES',
    ]); // prettier-ignore
    expect(head(await types('kubectl get rs -o wide'))).toEqual([
      'NAME', 'DESIRED', 'CURRENT', 'READY', 'AGE', 'CONTAINERS', 'IMAGES', 'SELECTOR',
    ]); // prettier-ignore
    expect(head(await types('kubectl get po -A'))[0]).toBe('NAMESPACE');
    expect(head(await types('kubectl get po --show-labels')).at(-1)).toBe('LABELS');
    expect(cells(await types('kubectl get deploy -L app'))[1]!.at(-1)).toBe('web');
    expect(await types('kubectl get svc --show-kind --no-headers')).toMatch(
      /^service\/web +ClusterIP +\d+\.\d+\.\d+\.\d+ +<none> +80\/TCP +\d+s\n$/,
    );
    const all = await types('kubectl get all');
    expect(all.split('\n\n').map((table) => cells(table)[1]![0]!.split('/')[0])).toEqual([
      'pod',
      'service',
      'deployment.apps',
      'replicaset.apps',
    ]);
    expect(await types('kubectl get deploy,svc web')).toMatch(/^deployment\.apps\/web [^]*^service\/web /m);
    expect(await types('kubectl get deploy/web svc/web -o name')).toBe('deployment.apps/web\nservice/web\n');
    expect(await types('kubectl get po --chunk-size=1 -o name | wc -l')).toBe('3\n');
    expect(cells(await types('kubectl get deploy web --subresource=scale'))).toEqual([
      ['NAME', 'DESIRED', 'AVAILABLE', 'AGE'],
      ['web', '3', '3', expect.stringMatching(/^\d+s$/)],
    ]);
    expect(cells(await types('kubectl get endpointslices,endpoints 2>&1'))).toEqual(
      expect.arrayContaining([['Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice']]),
    );
  });

  test('get: json, yaml, jsonpath, columns, templates, files', async () => {
    const { types, file } = await cluster().shell('printing');
    await types('kubectl create cm b --from-literal=k=2 && kubectl create cm a --from-literal=k=1');
    const own = '-l !none --field-selector metadata.name!=kube-root-ca.crt';
    expect(JSON.parse(await types('kubectl get cm a -o json'))).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap', data: { k: '1' } });
    expect(await types('kubectl get cm a -o yaml')).toMatch(
      /^apiVersion: v1\ndata:\n {2}k: "1"\nkind: ConfigMap\nmetadata:\n {2}creationTimestamp: "/,
    );
    expect(await types('kubectl get cm a -o yaml')).not.toContain('managedFields');
    expect(await types('kubectl get cm a -o yaml --show-managed-fields')).toMatch(
      /managedFields:\n {2}- apiVersion: v1\n {4}fieldsType: FieldsV1/,
    );
    expect(await types(`kubectl get cm ${own} -o jsonpath='{range .items[*]}{.metadata.name}={.data.k} {end}'`)).toBe('a=1 b=2 ');
    expect(await types(`kubectl get cm ${own} --sort-by={.data.k} -o custom-columns=WHO:.metadata.name,K:.data.k`)).toBe(
      'WHO   K\na     1\nb     2\n',
    );
    expect(await types(`kubectl get cm ${own} -o go-template='{{range .items}}{{.data.k}}{{end}}'`)).toBe('12');
    expect(await types(`kubectl get cm ${own} -o name`)).toBe('configmap/a\nconfigmap/b\n');
    file('a.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n');
    file('columns', 'NAME          VALUE\n.metadata.name .data.k\n');
    expect(await types('kubectl get -f a.yaml -o custom-columns-file=columns')).toBe('NAME   VALUE\na      1\n');
    expect(JSON.parse(await types('kubectl get cm -o json'))).toMatchObject({ kind: 'List', metadata: { resourceVersion: '' } });
  });

  test('get: selectors, and what is not there', async () => {
    const { types, fails, run } = await cluster().shell('selecting');
    await types(`${WEB} && kubectl rollout status deployment web --timeout=30s`);
    expect(await types('kubectl get po -l app=web,pod-template-hash --field-selector status.phase=Running -o name | wc -l')).toBe('3\n');
    expect(await types("kubectl get po -l 'app notin (web)' 2>&1")).toBe('No resources found in selecting namespace.\n');
    expect(await types('kubectl get deploy -A -l app=web --field-selector metadata.namespace=selecting -o name')).toBe(
      'deployment.apps/web\n',
    );
    expect(await run('kubectl get po nosuch')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'Error from server (NotFound): pods "nosuch" not found\n',
    });
    expect(await run('kubectl get po nosuch --ignore-not-found')).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await fails('kubectl get nosuch')).toBe('error: the server doesn\'t have a resource type "nosuch"\n');
    expect(await fails('kubectl get po --field-selector foo=bar')).toBe(
      'Error from server (BadRequest): Unable to find "/v1, Resource=pods" that match label selector "", field selector "foo=bar": field label not supported: foo\n',
    );
    expect(await fails('kubectl get cm --field-selector foo=bar')).toContain(
      '"foo" is not a known field selector: only "metadata.name", "metadata.namespace"\n',
    );
    expect(await fails("kubectl get po -l 'a b'")).toContain(
      "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt\n",
    );
    expect(await fails('kubectl get --raw /api/v1/namespaces/selecting/configmaps/nosuch')).toBe(
      'Error from server (NotFound): configmaps "nosuch" not found\n',
    );
  });

  test('get -w: every change as a line', async () => {
    const shell = await cluster().shell('watching');
    const { types } = shell;
    await types('kubectl create cm seen');
    const all = shell.follows('kubectl get cm -w -o name --field-selector metadata.name=seen');
    const later = shell.follows('kubectl get cm --watch-only --output-watch-events --no-headers --field-selector metadata.name=seen -v=6');
    await Promise.all([all.prints(/seen/), later.prints(/watch=true.* status="200 OK"/)]);
    await types('kubectl label cm seen a=b; kubectl label cm seen a-; kubectl delete cm seen');
    await Promise.all([all.prints(/(configmap\/seen\n){4}/), later.prints(/DELETED/)]);
    expect(all.stop()).toBe('configmap/seen\n'.repeat(4));
    expect(cells(later.stop()).map(([event, name]) => [event, name])).toEqual([
      ['MODIFIED', 'seen'],
      ['MODIFIED', 'seen'],
      ['DELETED', 'seen'],
    ]);
  });

  test('events', async () => {
    const shell = await cluster().shell('eventful');
    const { types } = shell;
    await types(`${WEB} && kubectl rollout status deployment web --timeout=30s`);
    for (const reason of ['Started', 'ScalingReplicaSet']) {
      const events = shell.follows(`kubectl get events --watch --no-headers --field-selector reason=${reason}`);
      await events.prints(/\n/);
      events.stop();
    }
    expect(head(await types('kubectl get events'))).toEqual(['LAST SEEN', 'TYPE', 'REASON', 'OBJECT', 'MESSAGE']);
    expect(head(await types('kubectl get events -o wide'))).toEqual([
      'LAST SEEN', 'TYPE', 'REASON', 'OBJECT', 'SUBOBJECT', 'SOURCE', 'MESSAGE', 'FIRST SEEN', 'COUNT', 'NAME',
    ]); // prettier-ignore
    expect(await types('kubectl get events -o wide --field-selector reason=Started')).toMatch(
      /pod\/web-\S+ +spec\.containers\{nginx\} +kubelet, node-\d /,
    );
    const scaled = cells(await types('kubectl events --for deployment/web --types=Normal'));
    expect(scaled[1]!.slice(1)).toEqual([
      'Normal',
      'ScalingReplicaSet',
      'Deployment/web',
      expect.stringMatching(/^Scaled up replica set web-\w+ from 0 to 3$/),
    ]);
  });
}
