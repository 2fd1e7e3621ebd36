import { expect, test } from 'vitest';
import { cells, type BareCluster } from '../shell.ts';

const WEB = 'kubectl create deployment web --image=nginx:1 --replicas=2 && kubectl rollout status deployment web --timeout=30s';

/** What is done to workloads: `kubectl scale`, `autoscale`, `set`, `rollout`. */
export function rolling(cluster: () => BareCluster): void {
  test('scale and autoscale', async () => {
    const { types, fails, file } = await cluster().shell('scaling');
    await types(WEB);
    expect(await types('kubectl scale deploy web --replicas=3')).toBe('deployment.apps/web scaled\n');
    expect(await types('kubectl scale deploy web --current-replicas=3 --replicas=1')).toBe('deployment.apps/web scaled\n');
    expect(await fails('kubectl scale deploy web --current-replicas=3 --replicas=5')).toBe('error: Expected replicas to be 3, was 1\n');
    expect(await fails('kubectl scale deploy web --resource-version=1 --replicas=5')).toMatch(
      /^error: Expected resource version to be 1, was \d+\n$/,
    );
    expect(await types('kubectl get deploy web -o jsonpath={.spec.replicas}')).toBe('1');
    file('rc.json', {
      apiVersion: 'v1',
      kind: 'ReplicationController',
      metadata: { name: 'old' },
      spec: { replicas: 0, template: { metadata: { labels: { app: 'old' } }, spec: { containers: [{ name: 'c', image: 'x' }] } } },
    });
    await types('kubectl create -f rc.json');
    expect(
      await types('kubectl scale --replicas=2 -f rc.json rs -l app=nothing 2>/dev/null || kubectl scale --replicas=2 -f rc.json'),
    ).toBe('replicationcontroller/old scaled\n');
    expect(await types('kubectl wait rc/old --for=jsonpath={.status.readyReplicas}=2 --timeout=30s')).toBe(
      'replicationcontroller/old condition met\n',
    );
    await types('kubectl create cm x');
    expect(await fails('kubectl scale cm x --replicas=1')).toBe(
      'Error from server (NotFound): the server could not find the requested resource\n',
    );
    expect(await types('kubectl autoscale deployment web --min=1 --max=5 --cpu=80%')).toBe(
      'horizontalpodautoscaler.autoscaling/web autoscaled\n',
    );
    expect(cells(await types('kubectl get hpa')).map((row) => row.slice(0, 5))).toEqual([
      ['NAME', 'REFERENCE', 'TARGETS', 'MINPODS', 'MAXPODS'],
      ['web', 'Deployment/web', 'cpu: <unknown>/80%', '1', '5'],
    ]);
  });

  test('set image, env, resources, selector, serviceaccount, subject', async () => {
    const { types, fails } = await cluster().shell('setting');
    await types(
      `${WEB} && kubectl expose deployment web --port=80 && kubectl create sa bot && kubectl create rolebinding rb --clusterrole=view --user=ann`,
    );
    expect(await types('kubectl set image deploy/web nginx=nginx:2')).toBe('deployment.apps/web image updated\n');
    expect(await fails('kubectl set image deploy/web nope=nginx:2')).toBe('error: unable to find container named "nope"\n');
    expect(await types('kubectl set env deploy/web A=1 B=2')).toBe('deployment.apps/web env updated\n');
    expect(await types('kubectl set env deploy/web --list')).toBe('# Deployment web, container nginx\nA=1\nB=2\n');
    expect(await types('kubectl set env deploy/web A-')).toBe('deployment.apps/web env updated\n');
    expect(await types('kubectl set resources deploy web --limits=cpu=200m,memory=64Mi --requests=cpu=100m')).toBe(
      'deployment.apps/web resource requirements updated\n',
    );
    expect(await types('kubectl set serviceaccount deploy web bot')).toBe('deployment.apps/web serviceaccount updated\n');
    expect(await types('kubectl set selector svc web app=other')).toBe('service/web selector updated\n');
    expect(await types('kubectl set subject rolebinding rb --user=joe')).toBe(
      'rolebinding.rbac.authorization.k8s.io/rb subjects updated\n',
    );
    expect(await types('kubectl set image deploy/web nginx=nginx:3 --dry-run=server')).toBe(
      'deployment.apps/web image updated (server dry run)\n',
    );
    const spec =
      '{.spec.template.spec.serviceAccountName} {.spec.template.spec.containers[0].image} {.spec.template.spec.containers[0].env} {.spec.template.spec.containers[0].resources}';
    expect(await types(`kubectl get deploy web -o jsonpath='${spec}'`)).toBe(
      'bot nginx:2 [{"name":"B","value":"2"}] {"limits":{"cpu":"200m","memory":"64Mi"},"requests":{"cpu":"100m"}}',
    );
    expect(await types('kubectl get svc,rolebinding -o jsonpath="{.items[0].spec.selector.app} {.items[1].subjects[*].name}"')).toBe(
      'other ann joe',
    );
    expect(await types('kubectl rollout status deploy web --timeout=30s')).toContain('successfully rolled out\n');
  });

  test('a pod that runs is given other resources, and another image', async () => {
    const { types, file } = await cluster().shell('resizing');
    const sized = (cpu: string) => ({ spec: { containers: [{ name: 'c', resources: { requests: { cpu }, limits: { cpu: '8' } } }] } });
    const of = (path: string) => types(`kubectl get pod p -o jsonpath='{.status.containerStatuses[0].${path}}'`);
    const pending = `jsonpath={.status.conditions[?(@.type=="PodResizePending")].reason}`;
    const resizeTo = (cpu: string) => types(`kubectl patch pod p --subresource resize -p '${JSON.stringify(sized(cpu))}'`);
    file('p.json', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p' },
      spec: { restartPolicy: 'Never', containers: [{ ...sized('1').spec.containers[0], image: 'x:1' }] },
    });
    await types('kubectl apply -f p.json && kubectl wait pod/p --for=condition=Ready');
    expect(await resizeTo('2')).toBe('pod/p patched\n');
    await types(`kubectl wait pod/p --for=jsonpath={.status.containerStatuses[0].allocatedResources.cpu}=2`);
    expect([await of('resources.requests.cpu'), await of('restartCount')]).toEqual(['2', '0']);
    await resizeTo('8');
    await types(`kubectl wait pod/p --for=jsonpath={.status.containerStatuses[0].allocatedResources.cpu}=8`);
    await expect(resizeTo('9')).rejects.toThrow('must be less than or equal to cpu limit of 8');
    await types('kubectl patch pod p --type=json -p \'[{"op":"replace","path":"/spec/containers/0/image","value":"x:2"}]\'');
    await types(`kubectl wait pod/p --for=jsonpath={.status.containerStatuses[0].restartCount}=1`);
    await types('kubectl wait pod/p --for=condition=Ready');
    expect([await of('image'), await of('resources.requests.cpu')]).toEqual(['x:2', '8']);
    expect(await types('kubectl describe pod p')).toMatch(/Normal +Killing .* Container c definition changed, will be restarted\n/);
    expect(await types(`kubectl get pod p -o '${pending}'`)).toBe('');
  });

  test('rollout: status, history, undo, pause, resume, restart', async () => {
    const { types, fails } = await cluster().shell('rolling');
    await types(WEB);
    await types('kubectl annotate deploy web kubernetes.io/change-cause="the first"');
    await types(
      'kubectl set image deploy/web nginx=nginx:2 && kubectl annotate deploy web kubernetes.io/change-cause="the second" --overwrite',
    );
    expect(await types('kubectl rollout status deploy web --timeout=30s')).toMatch(/deployment "web" successfully rolled out\n$/);
    expect(await types('kubectl wait deploy/web --for=jsonpath={.status.observedGeneration}=4 --timeout=30s')).toContain('condition met');
    expect(cells(await types('kubectl rollout history deploy web'))).toEqual([
      ['deployment.apps/web'],
      ['REVISION', 'CHANGE-CAUSE'],
      ['1', 'the first'],
      ['2', 'the second'],
    ]);
    expect(await types('kubectl rollout history deploy web --revision=1')).toMatch(
      /^deployment\.apps\/web with revision #1\nPod Template:\n[^]*Image:\tnginx:1\n/,
    );
    expect(await fails('kubectl rollout history deploy web --revision=9')).toBe('error: unable to find the specified revision\n');
    expect(await types('kubectl rollout undo deploy web')).toBe('deployment.apps/web rolled back\n');
    await types('kubectl rollout status deploy web --timeout=30s');
    expect(await types('kubectl get deploy web -o jsonpath={.spec.template.spec.containers[0].image}')).toBe('nginx:1');
    expect(await fails('kubectl rollout undo deploy web --to-revision=9')).toBe('error: unable to find specified revision 9 in history\n');
    expect(await types('kubectl rollout undo deploy web --to-revision=2')).toBe('deployment.apps/web rolled back\n');
    expect(await types('kubectl rollout pause deploy web')).toBe('deployment.apps/web paused\n');
    expect(await fails('kubectl rollout pause deploy web')).toBe('error: deployments.apps "web" is already paused\n');
    expect(await fails('kubectl rollout restart deploy web')).toBe(
      'error: deployments.apps "web" can\'t restart paused deployment (run rollout resume first)\n',
    );
    expect(await fails('kubectl rollout undo deploy web')).toBe(
      "error: you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again\n",
    );
    expect(await types('kubectl rollout resume deploy web')).toBe('deployment.apps/web resumed\n');
    expect(await types('kubectl rollout restart deploy web')).toBe('deployment.apps/web restarted\n');
    expect(await types('kubectl rollout status deploy web --timeout=30s')).toMatch(/deployment "web" successfully rolled out\n$/);
    expect(await types('kubectl get deploy web -o jsonpath={.spec.template.metadata.annotations}')).toContain(
      'kubectl.kubernetes.io/restartedAt',
    );
  });
}

/** What is done to nodes, while nobody else needs them. */
export function tending(cluster: () => BareCluster): void {
  test('taint, cordon, drain', async () => {
    const { types, fails, run, file } = await cluster().shell('tending');
    expect(await types('kubectl taint nodes node-2 a=b:NoSchedule')).toBe('node/node-2 tainted\n');
    expect(await fails('kubectl taint nodes node-2 a=b:NoSchedule')).toBe(
      'error: node node-2 already has a taint(s) with same effect(s) and --overwrite is false\n',
    );
    expect(await types('kubectl taint nodes node-2 a=c:NoSchedule --overwrite')).toBe('node/node-2 modified\n');
    expect(await types('kubectl cordon node-1')).toBe('node/node-1 cordoned\n');
    expect(await types('kubectl cordon node-1')).toBe('node/node-1 already cordoned\n');
    expect(await types('kubectl get node node-1')).toMatch(/^NAME +STATUS +ROLES +AGE +VERSION\nnode-1 +Ready,SchedulingDisabled +<none> /);
    await types(WEB);
    expect(await types('kubectl get po -l app=web -o jsonpath={.items[*].spec.nodeName}')).toBe('node-0 node-0');
    expect(await types('kubectl uncordon node-1')).toBe('node/node-1 uncordoned\n');

    await types(
      `kubectl run lonely --image=x --overrides='{"spec":{"nodeName":"node-0"}}' && kubectl wait pod/lonely --for=condition=Ready --timeout=30s`,
    );
    const refused = await run('kubectl drain node-0');
    expect(refused.code).toBe(1);
    expect(refused.stdout).toBe('node/node-0 cordoned\n');
    expect(refused.stderr).toContain('cannot delete Pods that declare no controller (use --force to override)');
    const drained = await run('kubectl drain node-0 --force --timeout=60s');
    expect(drained).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^node\/node-0 already cordoned\n(evicting pod \S+\n|pod\/\S+ evicted\n)+node\/node-0 drained\n$/),
    });
    await types('kubectl rollout status deploy web --timeout=30s');
    expect(await types('kubectl get po -l app=web --field-selector status.phase=Running -o jsonpath={.items[*].spec.nodeName}')).toBe(
      'node-1 node-1',
    );

    await types('kubectl create pdb all --selector=app=web --min-available=2');
    const [pod] = (await types('kubectl get po -l app=web -o jsonpath={.items[*].metadata.name}')).split(' ');
    file('eviction.json', { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: pod } });
    expect(await fails(`kubectl create --raw /api/v1/namespaces/tending/pods/${pod}/eviction -f eviction.json`)).toContain(
      "Cannot evict pod as it would violate the pod's disruption budget.",
    );
    await types('kubectl uncordon node-0 node-1; kubectl taint nodes node-2 a-');
    expect(await types('kubectl describe node node-0')).toMatch(/^Unschedulable: +false$[^]*^Non-terminated Pods: +\(\d+ in total\)$/m);
    expect(await types('kubectl delete node node-2')).toBe('node "node-2" deleted\n');
    expect(await types('kubectl get nodes -o name')).not.toContain('node-2');
  });
}
