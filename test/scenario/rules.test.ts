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
});
