import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BareCluster, cells, hasClients, type Shell } from './shell.ts';

const GROUP = 'shop.example.com';

const spec = {
  type: 'object',
  required: ['host'],
  properties: {
    host: { type: 'string', description: 'Where the shop is found.', pattern: '^[a-z.]+$' },
    replicas: { type: 'integer', minimum: 0, default: 1 },
    labels: { type: 'object', additionalProperties: { type: 'string' } },
    free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    tier: { type: 'string', enum: ['gold', 'silver'], default: 'silver' },
  },
};
const status = { type: 'object', properties: { replicas: { type: 'integer' }, selector: { type: 'string' }, phase: { type: 'string' } } };

const version = (name: string, storage: boolean, more: object = {}) => ({
  name,
  served: true,
  storage,
  schema: { openAPIV3Schema: { type: 'object', description: 'Shop is where things are sold.', properties: { spec, status } } },
  subresources: {
    status: {},
    scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas', labelSelectorPath: '.status.selector' },
  },
  additionalPrinterColumns: [
    { name: 'Host', type: 'string', jsonPath: '.spec.host' },
    { name: 'Tier', type: 'string', jsonPath: '.spec.tier', priority: 1 },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
  ...more,
});

const definition = (versions: readonly object[], more: object = {}) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `shops.${GROUP}` },
  spec: { group: GROUP, scope: 'Namespaced', names: { kind: 'Shop', plural: 'shops', shortNames: ['sh'], categories: ['all'] }, versions, ...more },
}); // prettier-ignore

const shop = (name: string, fields: object, apiVersion = `${GROUP}/v1`) => ({ apiVersion, kind: 'Shop', metadata: { name }, spec: fields });

/** A kind of one's own, from its definition to its end: each step stands on the one before. */
describe.skipIf(!hasClients)('custom resources, with kubectl', { timeout: 60_000 }, () => {
  const cluster = new BareCluster();
  let shell: Shell;
  beforeAll(async () => {
    await cluster.up(1);
    shell = await cluster.shell('shopping');
  });
  afterAll(() => cluster.close());

  test('a definition that Kubernetes would refuse is refused in its words', async () => {
    const { fails, file } = shell;
    file(
      'unstructured.json',
      definition([
        version('v1', true, { schema: { openAPIV3Schema: { type: 'object', properties: { spec: { properties: { a: {} } } } } } }),
      ]),
    );
    expect(await fails('kubectl create -f unstructured.json')).toBe(
      'The CustomResourceDefinition "shops.shop.example.com" is invalid: \n' +
        '* spec.validation.openAPIV3Schema.properties[spec].properties[a].type: Required value: must not be empty for specified object fields\n' +
        '* spec.validation.openAPIV3Schema.properties[spec].type: Required value: must not be empty for specified object fields\n',
    );
    file('misnamed.json', { ...definition([version('v1', true)]), metadata: { name: 'stores.shop.example.com' } });
    expect(await fails('kubectl create -f misnamed.json')).toBe(
      'The CustomResourceDefinition "stores.shop.example.com" is invalid: metadata.name: Invalid value: "stores.shop.example.com": must be spec.names.plural+"."+spec.group\n',
    );
    file('unstored.json', definition([version('v1', false)]));
    expect(await fails('kubectl create -f unstored.json')).toContain('spec.versions: Invalid value: ');
    file('schemaless.json', definition([version('v1', true, { schema: undefined })]));
    expect(await fails('kubectl create -f schemaless.json')).toContain('schemas are required');
  });

  test('its kind is served at once, with short names, categories, columns and an explanation', async () => {
    const { types, file } = shell;
    file('definition.json', definition([version('v1', true)]));
    file('shop.json', shop('corner', { host: 'corner.example.com' }));
    expect(await types('kubectl create -f definition.json && kubectl create -f shop.json')).toBe(
      'customresourcedefinition.apiextensions.k8s.io/shops.shop.example.com created\nshop.shop.example.com/corner created\n',
    );
    expect(await types('kubectl wait crd/shops.shop.example.com --for=condition=Established --timeout=10s')).toContain('condition met\n');
    expect(cells(await types('kubectl api-resources --api-group=shop.example.com'))[1]).toEqual([
      'shops',
      'sh',
      'shop.example.com/v1',
      'true',
      'Shop',
    ]);
    expect(cells(await types('kubectl get sh'))).toEqual([
      ['NAME', 'HOST', 'AGE'],
      ['corner', 'corner.example.com', expect.stringMatching(/^\d+s$/)],
    ]);
    expect(cells(await types('kubectl get shops -o wide'))[0]).toEqual(['NAME', 'HOST', 'TIER', 'AGE']);
    expect(await types('kubectl get all')).toContain('shop.shop.example.com/corner ');
    expect(await types('kubectl explain shop')).toMatch(
      /^GROUP: +shop\.example\.com\nKIND: +Shop\nVERSION: +v1\n\nDESCRIPTION:\n +Shop is where things are sold\./,
    );
    expect(await types('kubectl explain shop.spec')).toContain('  host\t<string> -required-\n    Where the shop is found.\n');
    expect(await types('kubectl explain shop.spec.host')).toContain('FIELD: host <string>\n');
    expect(await types('kubectl describe shop corner')).toMatch(/^Name: +corner$[^]*^Spec:\n {2}Host: +corner\.example\.com$/m);
    expect(await types('kubectl get crd shops.shop.example.com -o jsonpath={.status.storedVersions}')).toBe('["v1"]');
  });

  test('objects are defaulted, pruned and checked', async () => {
    const { types, fails, run, file } = shell;
    expect(await types('kubectl get shop corner -o jsonpath={.spec}')).toBe('{"host":"corner.example.com","replicas":1,"tier":"silver"}');
    file('loose.json', shop('loose', { host: 'x', nosuch: 1, free: { any: { thing: [1] } } }));
    expect(await fails('kubectl create -f loose.json')).toBe(
      'Error from server (BadRequest): error when creating "loose.json": Shop in version "v1" cannot be handled as a Shop: strict decoding error: unknown field "spec.nosuch"\n',
    );
    expect((await run('kubectl create -f loose.json --validate=warn')).stderr).toBe('Warning: unknown field "spec.nosuch"\n');
    expect(JSON.parse(await types('kubectl get shop loose -o jsonpath={.spec}'))).toEqual({
      host: 'x',
      replicas: 1,
      tier: 'silver',
      free: { any: { thing: [1] } },
    });
    file('wrong.json', shop('wrong', { host: 'UP', replicas: -1, tier: 'tin' }));
    expect(await fails('kubectl create -f wrong.json')).toBe(
      'The Shop "wrong" is invalid: \n' +
        '* spec.host: Invalid value: "UP": spec.host in body should match \'^[a-z.]+$\'\n' +
        '* spec.replicas: Invalid value: -1: spec.replicas in body should be greater than or equal to 0\n' +
        '* spec.tier: Unsupported value: "tin": supported values: "gold", "silver"\n',
    );
    file('empty.json', shop('empty', {}));
    expect(await fails('kubectl create -f empty.json')).toBe('The Shop "empty" is invalid: spec.host: Required value\n');
  });

  test('patches: merge, JSON and apply, but no strategic merge', async () => {
    const { types, fails, file } = shell;
    expect(await fails(`kubectl patch shop corner --type=strategic -p '{"spec":{"tier":"gold"}}'`)).toBe(
      'error: application/strategic-merge-patch+json is not supported by shop.example.com/v1, Kind=Shop: the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml\n',
    );
    expect(await types(`kubectl patch shop corner --type=merge -p '{"spec":{"tier":"gold"}}'`)).toBe(
      'shop.shop.example.com/corner patched\n',
    );
    expect(await types(`kubectl patch shop corner --type=json -p '[{"op":"add","path":"/spec/labels","value":{"a":"b"}}]'`)).toBe(
      'shop.shop.example.com/corner patched\n',
    );
    file('applied.json', shop('corner', { host: 'corner.example.com', labels: { c: 'd' } }));
    expect(await types('kubectl apply --server-side -f applied.json --force-conflicts')).toBe(
      'shop.shop.example.com/corner serverside-applied\n',
    );
    expect(await types('kubectl get shop corner -o jsonpath={.spec.labels}')).toBe('{"a":"b","c":"d"}');
    file('applied.json', shop('clientside', { host: 'a' }));
    await types('kubectl apply -f applied.json');
    file('applied.json', shop('clientside', { host: 'b' }));
    expect(await types('kubectl apply -f applied.json')).toBe('shop.shop.example.com/clientside configured\n');
    expect(await types('kubectl apply -f applied.json')).toBe('shop.shop.example.com/clientside unchanged\n');
    expect(await types('EDITOR="sed -i s/host:.b/host:\\ c/" kubectl edit shop clientside')).toBe(
      'shop.shop.example.com/clientside edited\n',
    );
  });

  test('status and scale', async () => {
    const { types } = shell;
    await types(
      `kubectl patch shop corner --subresource=status --type=merge -p '{"spec":{"host":"no"},"status":{"phase":"Open","replicas":1,"selector":"app=shop"}}'`,
    );
    expect(await types('kubectl get shop corner -o jsonpath="{.spec.host} {.status.phase} {.metadata.generation}"')).toBe(
      'corner.example.com Open 4',
    );
    await types(`kubectl patch shop corner --type=merge -p '{"status":{"phase":"Shut"}}'`);
    expect(await types('kubectl get shop corner -o jsonpath={.status.phase}')).toBe('Open');
    expect(await types('kubectl wait shop/corner --for=jsonpath={.status.phase}=Open --timeout=5s')).toBe(
      'shop.shop.example.com/corner condition met\n',
    );
    expect(await types('kubectl scale shop corner --replicas=5')).toBe('shop.shop.example.com/corner scaled\n');
    expect(JSON.parse(await types('kubectl get shop corner --subresource=scale -o json'))).toMatchObject({
      kind: 'Scale',
      spec: { replicas: 5 },
      status: { replicas: 1, selector: 'app=shop' },
    });
    expect(await types('kubectl autoscale shop corner --max=3 --cpu=50%')).toBe('horizontalpodautoscaler.autoscaling/corner autoscaled\n');
    expect(await types('kubectl wait shop/corner --for=jsonpath={.spec.replicas}=3 --timeout=60s')).toContain('condition met\n');
  });

  test('a second version shows the same objects', async () => {
    const { types, run, file } = shell;
    const old = version('v1', false, { deprecated: true, deprecationWarning: 'shops move to v2' });
    file('definition.json', definition([old, version('v2', true, { additionalPrinterColumns: undefined })]));
    expect(await types('kubectl replace -f definition.json')).toContain('replaced\n');
    expect(await types('kubectl get shops.v2.shop.example.com corner -o jsonpath="{.apiVersion} {.spec.replicas}"')).toBe(
      'shop.example.com/v2 3',
    );
    expect(await types('kubectl get shop corner -o jsonpath={.apiVersion}')).toBe('shop.example.com/v2');
    expect((await run('kubectl get shops.v1.shop.example.com')).stderr).toBe('Warning: shops move to v2\n');
    expect(cells(await types('kubectl get shops.v2.shop.example.com'))[0]).toEqual(['NAME', 'AGE']);
    expect(await types('kubectl explain shop --api-version=shop.example.com/v2')).toContain('VERSION:    v2\n');
    file('new.json', shop('new', { host: 'n' }, `${GROUP}/v2`));
    await types('kubectl create -f new.json');
    expect(await types('kubectl get shops.v1.shop.example.com new -o jsonpath={.apiVersion} 2>/dev/null')).toBe('shop.example.com/v1');
    expect(await types('kubectl get crd shops.shop.example.com -o jsonpath={.status.storedVersions}')).toBe('["v1","v2"]');
  });

  test('deleting the definition deletes its objects, and its kind is gone', async () => {
    const { types, fails } = shell;
    await types(`kubectl patch shop new --type=merge -p '{"metadata":{"finalizers":["example.com/hold"]}}'`);
    await types('kubectl delete crd shops.shop.example.com --wait=false');
    expect(await types('kubectl wait shop/corner --for=delete --timeout=30s')).toBe('');
    expect(await types('kubectl wait crd/shops.shop.example.com --for=condition=Terminating --timeout=30s')).toContain('condition met\n');
    await types(`kubectl patch shop new --type=merge -p '{"metadata":{"finalizers":null}}'`);
    await types('kubectl wait crd/shops.shop.example.com --for=delete --timeout=30s');
    expect(await fails('rm -r ~/.kube/cache; kubectl get shops')).toBe('error: the server doesn\'t have a resource type "shops"\n');
  });

  test('a kind of the whole cluster', async () => {
    const { types, file } = shell;
    const names = { kind: 'Street', plural: 'streets' };
    file('street.json', { ...definition([version('v1', true)], { scope: 'Cluster', names }), metadata: { name: `streets.${GROUP}` } });
    file('main.json', { apiVersion: `${GROUP}/v1`, kind: 'Street', metadata: { name: 'main' }, spec: { host: 'm' } });
    await types('kubectl create -f street.json && kubectl create -f main.json');
    expect(await types('kubectl get streets -o name')).toBe('street.shop.example.com/main\n');
    expect(await types('kubectl delete crd streets.shop.example.com -o name')).toBe(
      'customresourcedefinition.apiextensions.k8s.io/streets.shop.example.com\n',
    );
  });
});
