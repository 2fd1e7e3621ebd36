import { expect, test } from 'vitest';
import { cells, type BareCluster } from '../shell.ts';
import { ONE_OF_EACH } from './one-of-each.ts';

/** What is typed, and what is printed for it. */
type Said = readonly [command: string, printed: string];

const GENERATORS: readonly Said[] = [
  ['configmap literal --from-literal=a=1 --from-literal=b=2', 'configmap/literal created'],
  ['configmap file --from-file=file.txt --from-file=other=file.txt', 'configmap/file created'],
  ['configmap env --from-env-file=env.txt', 'configmap/env created'],
  ['secret generic plain --from-literal=password=secret', 'secret/plain created'],
  ['secret tls pair --cert=tls.crt --key=tls.key', 'secret/pair created'],
  ['secret docker-registry login --docker-server=r.example --docker-username=u --docker-password=p', 'secret/login created'],
  ['deployment two --image=nginx:1 --image=busybox:1 --replicas=0', 'deployment.apps/two created'],
  ['cronjob tick --image=busybox --schedule="*/5 * * * *" -- date', 'cronjob.batch/tick created'],
  ['job once --image=busybox -- date', 'job.batch/once created'],
  ['job again --from=cronjob/tick', 'job.batch/again created'],
  ['service clusterip inside --tcp=80:8080', 'service/inside created'],
  ['service clusterip headless --clusterip=None', 'service/headless created'],
  ['service nodeport node --tcp=80', 'service/node created'],
  ['service loadbalancer balanced --tcp=80:8080', 'service/balanced created'],
  ['service externalname outside --external-name=example.com', 'service/outside created'],
  [
    'ingress web --class=nginx --rule="foo.com/bar=inside:80,tls=pair" --rule="foo.com/*=inside:http"',
    'ingress.networking.k8s.io/web created',
  ],
  ['serviceaccount bot', 'serviceaccount/bot created'],
  ['role reader --verb=get,list --resource=pods,deployments.apps', 'role.rbac.authorization.k8s.io/reader created'],
  ['rolebinding reads --role=reader --serviceaccount=generating:bot --user=jane', 'rolebinding.rbac.authorization.k8s.io/reads created'],
  ['clusterrole generated --verb=get --non-resource-url="/logs/*"', 'clusterrole.rbac.authorization.k8s.io/generated created'],
  ['clusterrole summed --aggregation-rule=example.com/sum=yes', 'clusterrole.rbac.authorization.k8s.io/summed created'],
  [
    'clusterrolebinding generated --clusterrole=generated --group=auditors',
    'clusterrolebinding.rbac.authorization.k8s.io/generated created',
  ],
  ['quota roomy --hard=pods=50,configmaps=50', 'resourcequota/roomy created'],
  ['poddisruptionbudget some --selector=app=web --min-available=1', 'poddisruptionbudget.policy/some created'],
  ['poddisruptionbudget half --selector=app=api --max-unavailable=50%', 'poddisruptionbudget.policy/half created'],
  ['priorityclass generated --value=1000 --description=high', 'priorityclass.scheduling.k8s.io/generated created'],
];

const SHOWN: readonly Said[] = [
  ['cm literal -o jsonpath={.data}', '{"a":"1","b":"2"}'],
  ['cm file -o jsonpath={.data}', '{"file.txt":"hello\\n","other":"hello\\n"}'],
  ['cm env -o jsonpath={.data}', '{"A":"1","B":"two"}'],
  ['secret plain -o jsonpath={.data.password}', 'c2VjcmV0'],
  ['secret -o custom-columns=:.type --no-headers --sort-by=.type', 'Opaque\nkubernetes.io/dockerconfigjson\nkubernetes.io/tls\n'],
  [
    'job again -o jsonpath="{.metadata.ownerReferences[0].kind} {.metadata.annotations}"',
    'CronJob {"cronjob.kubernetes.io/instantiate":"manual"}',
  ],
  ['cronjob tick -o jsonpath={.spec.schedule}', '*/5 * * * *'],
  ['svc headless -o jsonpath={.spec.clusterIP}', 'None'],
  ['ingress web -o jsonpath={.spec.rules[*].http.paths[*].pathType}', 'Exact Prefix'],
  ['rolebinding reads -o jsonpath={.subjects[*].kind}', 'User ServiceAccount'],
  ['pdb half -o jsonpath={.spec.maxUnavailable}', '50%'],
  ['priorityclass generated -o jsonpath="{.value} {.preemptionPolicy}"', '1000 PreemptLowerPriority'],
];

const REFUSED: readonly Said[] = [
  ['create configmap literal', 'error: failed to create configmap: configmaps "literal" already exists\n'],
  ['create namespace generating', 'Error from server (AlreadyExists): namespaces "generating" already exists\n'],
  ['create token nobody', 'error: failed to create token: serviceaccounts "nobody" not found\n'],
  ['create quota strange --hard=pods=1 --scopes=Strange', 'error: failed to create quota: ResourceQuota "strange" is invalid: spec.scopes: '],
  ['create deployment Bad_Name --image=x', 'error: failed to create deployment: Deployment.apps "Bad_Name" is invalid: metadata.name: Invalid value: "Bad_Name": a lowercase RFC 1123 subdomain must consist of'],
  ['create configmap over -n nowhere', 'error: failed to create configmap: namespaces "nowhere" not found\n'],
  ['run bad --image=x --restart=Sometimes', 'error: invalid restart policy: Sometimes\n'],
]; // prettier-ignore

/** `kubectl create`, `run` and `expose`. */
export function creating(cluster: () => BareCluster): void {
  test('every generator of kubectl create', async () => {
    const { types, fails, file } = await cluster().shell('generating');
    file('file.txt', 'hello\n');
    file('env.txt', 'A=1\nB=two\n');
    await types(
      'openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout tls.key -out tls.crt -subj /CN=x -days 2 2>&1',
    );
    for (const [command, printed] of GENERATORS) expect(await types(`kubectl create ${command}`)).toBe(`${printed}\n`);
    for (const [command, printed] of SHOWN) expect(await types(`kubectl get ${command}`), command).toBe(printed);
    for (const [command, printed] of REFUSED) expect(await fails(`kubectl ${command}`)).toContain(printed);
    expect(cells(await types('kubectl get svc')).map(([name, type, ip, external, ports]) => [name, type, ip, external, ports])).toEqual([
      ['NAME', 'TYPE', 'CLUSTER-IP', 'EXTERNAL-IP', 'PORT(S)'],
      [
        'balanced',
        'LoadBalancer',
        expect.stringMatching(/^10\./),
        expect.stringMatching(/^(<pending>|10\..+)$/),
        expect.stringMatching(/^80:3\d{4}\/TCP$/),
      ],
      ['headless', 'ClusterIP', 'None', '<none>', '<none>'],
      ['inside', 'ClusterIP', expect.stringMatching(/^10\./), '<none>', '80/TCP'],
      ['node', 'NodePort', expect.stringMatching(/^10\./), '<none>', expect.stringMatching(/^80:3\d{4}\/TCP$/)],
      ['outside', 'ExternalName', '<none>', 'example.com', '<none>'],
    ]);
    expect(cells(await types('kubectl get ing'))[1]!.slice(0, 3)).toEqual(['web', 'nginx', 'foo.com']);
    expect((await types('kubectl create token bot --duration=10m')).split('.')).toHaveLength(3);
  });

  test('dry runs show, and keep nothing', async () => {
    const { types, fails } = await cluster().shell('dry');
    expect(await types('kubectl create cm x --from-literal=a=1 --dry-run=client -o yaml')).toBe(
      'apiVersion: v1\ndata:\n  a: "1"\nkind: ConfigMap\nmetadata:\n  name: x\n',
    );
    expect(await types('kubectl create cm x --dry-run=server')).toBe('configmap/x created (server dry run)\n');
    expect(await types('kubectl create cm x --dry-run=server -o jsonpath={.metadata.namespace}')).toBe('dry');
    expect(await types('kubectl create deploy x --image=x --dry-run=server -o jsonpath={.spec.strategy.type}')).toBe('RollingUpdate');
    expect(await fails('kubectl get cm x')).toBe('Error from server (NotFound): configmaps "x" not found\n');
  });

  test('create -f: YAML, JSON, a folder, stdin, a List; and what is wrong in them', async () => {
    const { types, fails, run, file } = await cluster().shell('filing');
    const configMap = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });
    file('two.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: y1}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: y2}\n');
    file('one.json', configMap('j'));
    file('list.json', { apiVersion: 'v1', kind: 'List', items: [configMap('l1'), { ...configMap('l2'), kind: 'Secret' }] });
    file('folder/a.yaml', configMap('f1'));
    file('folder/b.json', configMap('f2'));
    file('kustom/kustomization.yaml', {
      namePrefix: 'k-',
      resources: ['one.yaml'],
      configMapGenerator: [{ name: 'made', literals: ['a=b'] }],
    });
    file('kustom/one.yaml', configMap('one'));
    expect(await types('kubectl create -f two.yaml')).toBe('configmap/y1 created\nconfigmap/y2 created\n');
    expect(await types('kubectl create -f one.json -o name')).toBe('configmap/j\n');
    expect(await types('kubectl create -f list.json')).toBe('configmap/l1 created\nsecret/l2 created\n');
    expect(await types('kubectl create -f folder')).toBe('configmap/f1 created\nconfigmap/f2 created\n');
    expect(await types('sed s/y/s/ two.yaml | kubectl create -f -')).toBe('configmap/s1 created\nconfigmap/s2 created\n');
    expect(await types('kubectl create -k kustom')).toMatch(/^configmap\/k-made-\w{10} created\nconfigmap\/k-one created\n$/);
    expect(await fails('kubectl create -f one.json')).toBe(
      'Error from server (AlreadyExists): error when creating "one.json": configmaps "j" already exists\n',
    );

    file('typo.yaml', 'apiVersion: v1\nkind: Pod\nmetadata: {name: bad}\nspec: {containers: [{name: c, imag: x}]}\n');
    expect(await fails('kubectl create -f typo.yaml')).toBe(
      'Error from server (BadRequest): error when creating "typo.yaml": Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "spec.containers[0].imag"\n',
    );
    file('loose.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: loose}\ndatas: {a: b}\n');
    expect(await run('kubectl create -f loose.yaml --validate=warn')).toEqual({
      code: 0,
      stdout: 'configmap/loose created\n',
      stderr: 'Warning: unknown field "datas"\n',
    });
    file('wrong.yaml', 'apiVersion: v1\nkind: Pod\nmetadata: {name: bad}\nspec: {containers: [{name: c, image: x}], restartPolicy: Foo}\n');
    expect(await fails('kubectl create -f wrong.yaml')).toBe(
      'The Pod "bad" is invalid: spec.restartPolicy: Unsupported value: "Foo": supported values: "Always", "OnFailure", "Never"\n',
    );
    file('what.yaml', 'apiVersion: v1\nkind: Nothing\nmetadata: {name: bad}\n');
    expect(await fails('kubectl create -f what.yaml')).toBe(
      'error: resource mapping not found for name: "bad" namespace: "" from "what.yaml": no matches for kind "Nothing" in version "v1"\nensure CRDs are installed first\n',
    );
  });

  test('run and expose', async () => {
    const { types, run } = await cluster().shell('running');
    expect(await types('kubectl run web --image=nginx --port=80 --labels=app=web --env=A=1 --expose')).toBe(
      'service/web created\npod/web created\n',
    );
    expect(await types('kubectl wait --for=condition=Ready pod/web --timeout=30s')).toBe('pod/web condition met\n');
    expect(await types('kubectl get pod web -o jsonpath={.spec.containers[0].env[0].value}')).toBe('1');
    expect(await types('kubectl run task --image=busybox --restart=Never --command -- sleep 5')).toBe('pod/task created\n');
    expect(await types('kubectl get pod task -o jsonpath="{.spec.restartPolicy} {.spec.containers[0].command}"')).toBe(
      'Never ["sleep","5"]',
    );
    expect(await types('kubectl expose pod web --name=again --port=8080 --target-port=80 --type=NodePort')).toBe('service/again exposed\n');
    expect(await types('kubectl get svc again -o jsonpath="{.spec.selector} {.spec.ports[0].targetPort}"')).toBe('{"app":"web"} 80');
    expect((await run('kubectl logs web')).code).toBe(0);
    expect(await types('kubectl describe pod web')).toMatch(/^Status: +Running$[^]*^Controlled By|^IP: +10\./m);
  });

  test('describe shows every kind that is served, and its events', async () => {
    const { types, run, file } = await cluster().shell('describing');
    file('each.json', { apiVersion: 'v1', kind: 'List', items: ONE_OF_EACH });
    await types('kubectl apply --server-side -f each.json');
    const described = await Promise.all(
      ONE_OF_EACH.map(async ({ apiVersion, kind, metadata: { name } }) => {
        const [version, group = ''] = apiVersion.split('/').toReversed();
        return { name, kind, ...(await run(`kubectl describe ${kind}.${version}.${group} ${name}`)) };
      }),
    );
    for (const { name, kind, code, stdout, stderr } of described) {
      expect({ kind, code, stderr: stderr.replace(/^Warning: v1 Endpoints.*\n/, '') }).toEqual({ kind, code: 0, stderr: '' });
      expect(stdout).toMatch(new RegExp(`^Name: +${name}$`, 'm'));
    }
    const there = new Set(ONE_OF_EACH.map(({ kind }) => kind));
    const served = cells(await types('kubectl api-resources --verbs=get,create --no-headers')).filter(
      (row) => !row.some((cell) => cell.includes('example.com')),
    );
    expect(served.map((row) => row.at(-1)!).filter((kind) => !there.has(kind))).toEqual([]);
  });
}
