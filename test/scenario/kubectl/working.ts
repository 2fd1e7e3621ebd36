import { expect, test } from 'vitest';
import { cells, type BareCluster } from '../shell.ts';

const container = { name: 'c', image: 'x' };
const podsOf = (app: string, annotations: Record<string, string> = {}, resources: object = {}) => ({
  metadata: { labels: { app }, annotations },
  spec: { containers: [{ ...container, resources }] },
});

/** What controllers do by themselves: jobs by the clock, sizes by what is used, quotas, order. */
export function working(cluster: () => BareCluster): void {
  test('a job of a cron job that is suspended, and jobs that end as their policies say', async () => {
    const { types, file } = await cluster().shell('jobs');
    const template = (exitCode: string) => ({
      metadata: { annotations: { 'slipway.dev/run-for': '500ms', 'slipway.dev/exit-code': exitCode } },
      spec: { restartPolicy: 'Never', containers: [container] },
    });
    const job = (name: string, spec: object) => ({ apiVersion: 'batch/v1', kind: 'Job', metadata: { name }, spec });
    const schedule = { schedule: '0 3 * * *', timeZone: 'Europe/Berlin', suspend: true };
    file('nightly.json', {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: 'nightly' },
      spec: { ...schedule, jobTemplate: { spec: { template: template('0') } } },
    });
    const onExitCodes = { containerName: 'c', operator: 'In', values: [3] };
    file('picky.json', job('picky', { podFailurePolicy: { rules: [{ action: 'FailJob', onExitCodes }] }, template: template('3') }));
    file('indexed.json', job('indexed', { completions: 3, parallelism: 2, completionMode: 'Indexed', template: template('0') }));
    await types('kubectl apply -f nightly.json -f picky.json -f indexed.json');
    expect(cells(await types('kubectl get cronjob'))[1]).toEqual(expect.arrayContaining(['0 3 * * *', 'Europe/Berlin', 'True']));
    expect(await types('kubectl create job now --from=cronjob/nightly')).toBe('job.batch/now created\n');
    await types('kubectl wait job/now job/indexed --for=condition=Complete --timeout=30s');
    await types('kubectl wait job/picky --for=condition=Failed --timeout=30s');
    expect(await types('kubectl describe cronjob nightly')).toContain('Saw a job that the controller did not create or forgot: now');
    expect(await types('kubectl describe job indexed')).toMatch(/Completed Indexes: +0-2\n/);
    expect(await types('kubectl describe job picky')).toMatch(
      /Warning +PodFailurePolicy .* Container c for pod jobs\/picky-\w+ failed with exit code 3 matching FailJob rule at index 0/,
    );
  });

  test('an autoscaler reacts to what pods use, and says when it cannot know that', async () => {
    const shell = await cluster().shell('autoscaling');
    const { types, file } = shell;
    const usage = { 'slipway.dev/cpu-usage': '200m', 'slipway.dev/memory-usage': '32Mi' };
    const deployment = (name: string, template: object) => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name },
      spec: { selector: { matchLabels: { app: name } }, template },
    });
    file('busy.json', deployment('busy', podsOf('busy', usage, { requests: { cpu: '100m' } })));
    file('vague.json', deployment('vague', podsOf('vague')));
    await types('kubectl apply -f busy.json -f vague.json && kubectl rollout status deploy/busy && kubectl rollout status deploy/vague');
    expect(await types('kubectl autoscale deployment busy --cpu=50% --max=4')).toBe(
      'horizontalpodautoscaler.autoscaling/busy autoscaled\n',
    );
    await types('kubectl autoscale deployment vague --cpu=50% --max=4');
    // Its first look may come before there are metrics of the new pod.
    await types(`timeout 60 sh -c 'until kubectl describe hpa vague | grep -q "missing request"; do sleep 0.2; done'`);
    expect(await types('kubectl describe hpa vague')).toMatch(
      /Warning +FailedComputeMetricsReplicas .* invalid metrics \(1 invalid out of 1\), first error is: failed to get cpu resource metric value: failed to get cpu utilization: missing request for cpu in container c of Pod vague-/,
    );
    await types('kubectl wait deploy/busy --for=jsonpath={.status.readyReplicas}=4 --timeout=60s');
    const rescaled = shell.follows('kubectl get events --watch --no-headers --field-selector reason=SuccessfulRescale');
    await rescaled.prints(/\n/);
    rescaled.stop();
    expect(await types('kubectl describe hpa busy')).toContain(
      'New size: 4; reason: cpu resource utilization (percentage of request) above target',
    );
    expect(cells(await types('kubectl top pods -l app=busy --no-headers'))[0]!.slice(1)).toEqual(['200m', '32Mi']);
  });

  test('a quota refuses what is too much, whoever asks', async () => {
    const { types, fails } = await cluster().shell('quota');
    await types('kubectl create quota small --hard=pods=2');
    await types('kubectl create deployment web --image=x --replicas=3');
    await types('kubectl wait deploy/web --for=condition=ReplicaFailure --timeout=30s');
    await types('kubectl wait deploy/web --for=jsonpath={.status.readyReplicas}=2 --timeout=30s');
    expect(await fails('kubectl run one-more --image=x')).toBe(
      'Error from server (Forbidden): pods "one-more" is forbidden: exceeded quota: small, requested: pods=1, used: pods=2, limited: pods=2\n',
    );
    expect(await types('kubectl get rs -o name | xargs kubectl describe')).toContain(
      'is forbidden: exceeded quota: small, requested: pods=1, used: pods=2, limited: pods=2',
    );
    await types('kubectl delete quota small && kubectl rollout status deploy/web --timeout=60s');
  });

  test('a StatefulSet is rolled down to its partition, and its claims go as it says', async () => {
    const { types, file } = await cluster().shell('stateful');
    file('db.json', {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'db' },
      spec: {
        replicas: 3,
        serviceName: 'db',
        selector: { matchLabels: { app: 'db' } },
        updateStrategy: { rollingUpdate: { partition: 2 } },
        persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete', whenDeleted: 'Retain' },
        template: podsOf('db'),
        volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } }],
      },
    }); // prettier-ignore
    await types('kubectl apply -f db.json && kubectl rollout status sts/db --timeout=30s && kubectl set image sts/db c=y');
    expect(await types('kubectl rollout status sts/db --timeout=30s')).toContain(
      'partitioned roll out complete: 1 new pods have been updated',
    );
    expect(await types('kubectl get pods -l app=db -o jsonpath={.items[*].spec.containers[0].image}')).toBe('x x y');
    await types('kubectl scale sts/db --replicas=1 && kubectl wait pvc/data-db-1 pvc/data-db-2 --for=delete --timeout=30s');
    expect(await types('kubectl get pvc -o name')).toBe('persistentvolumeclaim/data-db-0\n');
    await types('kubectl delete sts db && kubectl wait pod/db-0 --for=delete --timeout=30s');
    expect(await types('kubectl get pvc -o name')).toBe('persistentvolumeclaim/data-db-0\n');
  });
}
