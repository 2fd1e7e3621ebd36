import { describe, expect, test } from 'vitest';
import { around, pass, podRequest, request } from './around.ts';

const labelled = (labels: Record<string, string>) => {
  const named = Object.fromEntries(Object.entries(labels).map(([name, value]) => [`pod-security.kubernetes.io/${name}`, value]));
  return around({ namespaces: [{ metadata: { name: 'default', labels: named } }] });
};
const warnings = (level: string, spec: object) => {
  const passed = pass('PodSecurity', podRequest(spec), labelled({ warn: level }));
  return typeof passed === 'string' ? passed : passed.warnings;
};
const secured = (securityContext: object, more: object = {}) => ({ containers: [{ name: 'c', securityContext, ...more }] });
const good = {
  allowPrivilegeEscalation: false,
  runAsNonRoot: true,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};

describe('baseline warns of', () => {
  test.each<[spec: object, what: string | undefined]>([
    [secured({}), undefined],
    [{ hostNetwork: true, hostPID: true }, 'host namespaces (hostNetwork=true, hostPID=true)'],
    [secured({ privileged: true }), 'privileged (container "c" must not set securityContext.privileged=true)'],
    [secured({ capabilities: { add: ['CHOWN', 'SYS_ADMIN'] } }), 'non-default capabilities (container "c" must not include "SYS_ADMIN" in securityContext.capabilities.add)'],
    [{ volumes: [{ name: 'v', hostPath: { path: '/' } }] }, 'hostPath volumes (volume "v")'],
    [secured({}, { ports: [{ containerPort: 80, hostPort: 80 }] }), 'hostPort (container "c" uses hostPort 80)'],
    [{ securityContext: { sysctls: [{ name: 'kernel.msgmax' }] } }, 'forbidden sysctls (kernel.msgmax)'],
    [secured({ procMount: 'Unmasked' }), 'procMount (container "c" must not set securityContext.procMount)'],
  ])('%j', (spec, what) => {
    expect(warnings('baseline', spec)).toEqual(what ? [`would violate PodSecurity "baseline:latest": ${what}`] : []);
  }); // prettier-ignore
});

describe('restricted warns of', () => {
  test('all that a plain pod leaves unsaid', () => {
    expect(warnings('restricted', {})).toEqual([
      'would violate PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    ]);
  });

  test.each<[what: string, spec: object, said: string | undefined]>([
    ['nothing that says it', secured(good), undefined],
    ['nothing whose pod says it', { ...secured({ allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } }), securityContext: { runAsNonRoot: true, seccompProfile: { type: 'Localhost' } } }, undefined],
    ['a root user', secured({ ...good, runAsUser: 0 }), 'runAsUser=0 (container "c" must not set runAsUser=0)'],
    ['a volume of another type', { ...secured(good), volumes: [{ name: 'v', nfs: {} }] }, 'restricted volume types (volume "v" uses restricted volume type "nfs")'],
  ])('%s', (_, spec, said) => {
    expect(warnings('restricted', spec)).toEqual(said ? [`would violate PodSecurity "restricted:latest": ${said}`] : []);
  }); // prettier-ignore
});

test('pod templates are judged as pods are, and what would be enforced is only warned of', () => {
  const template = { spec: { template: { spec: { containers: [{ name: 'c' }], hostIPC: true } } } };
  const deployment = request('deployments.apps', 'Deployment', template);
  expect(pass('PodSecurity', deployment, labelled({ enforce: 'baseline', warn: 'baseline', 'warn-version': 'latest' }))).toMatchObject({
    warnings: ['would violate PodSecurity "baseline:latest": host namespaces (hostIPC=true)'],
  });
  expect(pass('PodSecurity', request('deployments.apps', 'Deployment', template, template), labelled({ warn: 'baseline' }))).toMatchObject({ warnings: [] });
}); // prettier-ignore
