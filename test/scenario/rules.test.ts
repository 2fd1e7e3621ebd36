import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BareCluster, hasClients, type Shell } from './shell.ts';

const GROUP = 'shop.example.com';

const definition = (rule: string) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `shops.${GROUP}` },
  spec: {
    group: GROUP,
    scope: 'Namespaced',
    names: { kind: 'Shop', plural: 'shops' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                properties: { min: { type: 'integer' }, max: { type: 'integer' }, owner: { type: 'string' } },
                'x-kubernetes-validations': [
                  { rule },
                  { rule: '!has(oldSelf.owner) || self.owner == oldSelf.owner', message: 'the owner stays', fieldPath: '.owner' },
                ],
              },
            },
          },
        },
      },
    ],
  },
});

const shop = (spec: object) => ({ apiVersion: `${GROUP}/v1`, kind: 'Shop', metadata: { name: 'a' }, spec });

const policy = {
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingAdmissionPolicy',
  metadata: { name: 'few-replicas' },
  spec: {
    paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
    matchConstraints: { resourceRules: [{ apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['deployments'] }] },
    validations: [{ expression: 'object.spec.replicas <= int(params.data.most)', messageExpression: "'no more than ' + params.data.most" }],
  },
}; // prettier-ignore

const binding = {
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingAdmissionPolicyBinding',
  metadata: { name: 'everywhere' },
  spec: { policyName: 'few-replicas', validationActions: ['Deny'], paramRef: { name: 'limits', parameterNotFoundAction: 'Deny' } },
};

describe.skipIf(!hasClients)('rules in CEL, with kubectl', { timeout: 60_000 }, () => {
  const cluster = new BareCluster();
  let shell: Shell;
  beforeAll(async () => {
    await cluster.up(1);
    shell = await cluster.shell('ruled');
  });
  afterAll(() => cluster.close());

  test('of a definition', async () => {
    const { types, fails, file } = shell;
    file('typo.json', definition('self.min <= self.maxx'));
    expect(await fails('kubectl apply -f typo.json')).toContain("compilation failed: ERROR: <input>:1:17: undefined field 'maxx'");
    file('shops.json', definition('self.min <= self.max'));
    await types('kubectl apply -f shops.json');
    file('wrong.json', shop({ min: 2, max: 1 }));
    expect(await fails('kubectl apply -f wrong.json')).toContain(
      'The Shop "a" is invalid: spec: Invalid value: "object": failed rule: self.min <= self.max',
    );
    file('right.json', shop({ min: 1, max: 2, owner: 'ann' }));
    await types('kubectl apply -f right.json');
    expect(await fails(`kubectl patch shop a --type merge -p '{"spec":{"owner":"bob"}}'`)).toContain(
      'The Shop "a" is invalid: spec.owner: Invalid value: "object": the owner stays',
    );
  });

  test('of a policy', async () => {
    const { types, fails, file } = shell;
    file('policy.json', policy);
    file('binding.json', binding);
    await types('kubectl apply -f policy.json -f binding.json');
    const denied = "ValidatingAdmissionPolicy 'few-replicas' with binding 'everywhere' denied request:";
    expect(await fails('kubectl create deployment web --image=nginx --replicas=3')).toContain(`${denied} failed to configure binding:`);
    await types('kubectl create configmap limits --from-literal=most=2');
    expect(await fails('kubectl create deployment web --image=nginx --replicas=3')).toContain(
      `deployments.apps "web" is forbidden: ${denied} no more than 2`,
    );
    await types('kubectl create deployment web --image=nginx --replicas=2');
    await types('kubectl delete validatingadmissionpolicybinding everywhere');
    await types('kubectl create deployment more --image=nginx --replicas=3');
  });

  test('of a policy that changes what comes in', async () => {
    const { types, fails, file } = shell;
    const changing = (expression: string) => ({
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'MutatingAdmissionPolicy',
      metadata: { name: 'mirror' },
      spec: {
        reinvocationPolicy: 'Never',
        matchConstraints: { resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }] },
        mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression } }],
      },
    });
    file('typo.json', changing('Object{spec: Object.spec{containers: objekt.spec.containers}}'));
    expect(await fails('kubectl apply -f typo.json')).toContain(
      "<input>:1:38: undeclared reference to 'objekt' (in container '')\n | Object{spec: Object.spec{containers: objekt.spec.containers}}",
    );
    const containers = 'Object.spec.containers{name: c.name, image: "mirror.local/" + c.image}';
    file('mirror.json', changing(`Object{spec: Object.spec{containers: object.spec.containers.map(c, ${containers})}}`));
    await types('kubectl apply -f mirror.json');
    file('bound.json', {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'MutatingAdmissionPolicyBinding',
      metadata: { name: 'here' },
      spec: { policyName: 'mirror', matchResources: { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'ruled' } } } },
    });
    await types('kubectl apply -f bound.json');
    expect(await types('kubectl get mutatingadmissionpolicies,mutatingadmissionpolicybindings --no-headers')).toMatch(
      /policy\.\S+\/mirror +1 +<unset> +\d+s\n[^]*binding\.\S+\/here +mirror +<unset> +\d+s\n/,
    );
    await types('kubectl run web --image=web:1');
    expect(await types('kubectl get pod web -o jsonpath={.spec.containers[*].image}')).toBe('mirror.local/web:1');
    expect(await types('kubectl run web -n default --image=web:1 --dry-run=server -o jsonpath={.spec.containers[*].image}')).toBe('web:1');
    await types('kubectl delete mutatingadmissionpolicy mirror');
    expect(await types('kubectl run other --image=web:1 --dry-run=server -o jsonpath={.spec.containers[*].image}')).toBe('web:1');
  });
});
