import type { Manifest } from '../../../src/model/index.ts';

const NAME = 'each';
const labels = { app: 'none' };
const selector = { matchLabels: labels };
const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'nginx' }] } };
const jobTemplate = { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'nginx' }] } };
const pod = { kind: 'Pod', namespace: 'describing', name: 'each' };
const storage = { requests: { storage: '1Gi' } };
const webhook = {
  name: 'w.example.com',
  clientConfig: { url: 'https://example.com' },
  admissionReviewVersions: ['v1'],
  sideEffects: 'None',
};
const rule = { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['deployments'] };
/** For CN=each, with an Ed25519 key that nobody has kept. */
const REQUEST = [
  'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlHT01FSUNBUUF3RHpFTk1Bc0dBMVVFQXd3RVpXRmphREFxTUFVR0F5dGxjQU1oQUZvOC93',
  'bTFhMDFVWFpxWApJZnFEV3doTDR1bXlsdFJQenVmZzhlRnFhQnBvb0FBd0JRWURLMlZ3QTBFQUM2YkFlLzRXZk9jUEVZTm9PSHg1Cmd1UXM3YzJOakFlWnNm',
  'ZXlkQWxMa3JpYmlrYUkyWTluaDQzZUc4L2JOMFhqaWRCbjdubTRhK0hqVDhCZ1dtNlMKQ0E9PQotLS0tLUVORCBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0K',
].join('');
const roleRef = (kind: string, name: string) => ({ apiGroup: 'rbac.authorization.k8s.io', kind, name });

const each = (apiVersion: string, kind: string, fields: object = {}, name = NAME): Manifest => ({
  apiVersion,
  kind,
  metadata: { name },
  ...fields,
});

/** An object of every kind that is served and kept. None of them starts a pod that would stay, nor gets in the way of others. */
export const ONE_OF_EACH: readonly Manifest[] = [
  each('v1', 'Namespace'),
  each('v1', 'Node', { spec: { unschedulable: true } }),
  each('v1', 'ConfigMap', { data: { k: 'v' } }),
  each('v1', 'Secret', { stringData: { user: 'x' } }),
  each('v1', 'ServiceAccount'),
  each('v1', 'Pod', { spec: template.spec }),
  each('v1', 'Service', { spec: { selector: labels, ports: [{ port: 80 }] } }),
  each('v1', 'Endpoints', { subsets: [{ addresses: [{ ip: '10.1.2.3' }], ports: [{ port: 80 }] }] }),
  each('v1', 'PersistentVolume', { spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/tmp/pv' } } }),
  each('v1', 'PersistentVolumeClaim', { spec: { accessModes: ['ReadWriteOnce'], resources: storage } }),
  each('v1', 'ReplicationController', { spec: { replicas: 0, template } }),
  each('v1', 'ResourceQuota', { spec: { hard: { pods: '50' } } }),
  each('v1', 'LimitRange', { spec: { limits: [{ type: 'Container', default: { cpu: '500m' } }] } }),
  each('v1', 'PodTemplate', { template }),
  each('v1', 'Event', { involvedObject: pod, reason: 'R', message: 'm', type: 'Normal' }),
  each('events.k8s.io/v1', 'Event', {
    regarding: pod, eventTime: '2026-01-01T00:00:00.000000Z', reason: 'R', note: 'm', type: 'Normal', action: 'A',
    reportingController: 'example.com/c', reportingInstance: 'i',
  }, 'each-new'), // prettier-ignore
  each('apps/v1', 'Deployment', { spec: { replicas: 0, selector, template } }),
  each('apps/v1', 'ReplicaSet', { spec: { replicas: 0, selector, template } }),
  each('apps/v1', 'StatefulSet', {
    spec: { replicas: 0, serviceName: 's', selector, template, volumeClaimTemplates: [{ metadata: { name: 'd' }, spec: { accessModes: ['ReadWriteOnce'], resources: storage } }] },
  }), // prettier-ignore
  each('apps/v1', 'DaemonSet', {
    spec: { selector, template: { ...template, spec: { ...template.spec, nodeSelector: { no: 'where' } } } },
  }),
  each('apps/v1', 'ControllerRevision', { revision: 1, data: { a: 1 } }),
  each('batch/v1', 'Job', { spec: { suspend: true, template: jobTemplate } }),
  each('batch/v1', 'CronJob', { spec: { schedule: '*/5 * * * *', suspend: true, jobTemplate: { spec: { template: jobTemplate } } } }),
  each('autoscaling/v2', 'HorizontalPodAutoscaler', {
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'x' }, maxReplicas: 5 },
  }),
  each('policy/v1', 'PodDisruptionBudget', { spec: { minAvailable: 1, selector } }),
  each('networking.k8s.io/v1', 'Ingress', {
    spec: { rules: [{ host: 'a.example.com', http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 's', port: { number: 80 } } } }] } }] },
  }), // prettier-ignore
  each('networking.k8s.io/v1', 'IngressClass', { spec: { controller: 'example.com/y' } }),
  each('networking.k8s.io/v1', 'NetworkPolicy', {
    spec: { podSelector: {}, ingress: [{ from: [{ podSelector: {} }], ports: [{ port: 80 }] }] },
  }),
  each('discovery.k8s.io/v1', 'EndpointSlice', { addressType: 'IPv4', endpoints: [{ addresses: ['10.1.2.3'] }], ports: [{ port: 80 }] }),
  each('networking.k8s.io/v1', 'ServiceCIDR', { spec: { cidrs: ['203.0.113.0/24'] } }),
  each('networking.k8s.io/v1', 'IPAddress', { spec: { parentRef: { resource: 'services', name: NAME } } }, '203.0.113.9'),
  each('coordination.k8s.io/v1', 'Lease', { spec: { holderIdentity: 'x', leaseDurationSeconds: 15 } }),
  each('storage.k8s.io/v1', 'StorageClass', { provisioner: 'example.com/y' }),
  each('storage.k8s.io/v1', 'VolumeAttributesClass', { driverName: 'csi.example.com', parameters: { iops: '1000' } }),
  each('storage.k8s.io/v1', 'CSIDriver', { spec: { attachRequired: false } }),
  each('storage.k8s.io/v1', 'CSINode', { spec: { drivers: [{ name: 'csi.example.com', nodeID: 'n' }] } }),
  each('storage.k8s.io/v1', 'CSIStorageCapacity', { storageClassName: 'each', capacity: '1Gi' }),
  each('storage.k8s.io/v1', 'VolumeAttachment', {
    spec: { attacher: 'csi.example.com', nodeName: 'each', source: { persistentVolumeName: 'each' } },
  }),
  each('scheduling.k8s.io/v1', 'PriorityClass', { value: 1000 }),
  each('node.k8s.io/v1', 'RuntimeClass', { handler: 'runc' }),
  each('rbac.authorization.k8s.io/v1', 'Role', { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] }),
  each('rbac.authorization.k8s.io/v1', 'RoleBinding', {
    roleRef: roleRef('Role', 'each'),
    subjects: [{ kind: 'ServiceAccount', name: 'each', namespace: 'each' }],
  }),
  each('rbac.authorization.k8s.io/v1', 'ClusterRole', { rules: [{ nonResourceURLs: ['/x'], verbs: ['get'] }] }),
  each('rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', {
    roleRef: roleRef('ClusterRole', 'each'), subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'g' }],
  }), // prettier-ignore
  each('apiextensions.k8s.io/v1', 'CustomResourceDefinition', {
    spec: {
      group: 'each.example.com',
      scope: 'Namespaced',
      names: { kind: 'Thing', plural: 'things' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } } }],
    },
  }, 'things.each.example.com'), // prettier-ignore
  each('admissionregistration.k8s.io/v1', 'MutatingWebhookConfiguration', { webhooks: [webhook] }),
  each('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration', { webhooks: [webhook] }),
  each('admissionregistration.k8s.io/v1', 'MutatingAdmissionPolicy', {
    spec: {
      matchConstraints: { resourceRules: [rule] },
      reinvocationPolicy: 'Never',
      mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression: '[JSONPatch{op: "test", path: "/kind", value: "x"}]' } }],
    },
  }),
  each('admissionregistration.k8s.io/v1', 'MutatingAdmissionPolicyBinding', { spec: { policyName: 'each' } }),
  each('admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicy', {
    spec: { matchConstraints: { resourceRules: [rule] }, validations: [{ expression: 'object.spec.replicas <= 5' }] },
  }),
  each('admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicyBinding', {
    spec: { policyName: 'each', validationActions: ['Deny'] },
  }),
  each('flowcontrol.apiserver.k8s.io/v1', 'PriorityLevelConfiguration', {
    spec: { type: 'Limited', limited: { nominalConcurrencyShares: 5, limitResponse: { type: 'Reject' } } },
  }),
  each('flowcontrol.apiserver.k8s.io/v1', 'FlowSchema', {
    spec: { priorityLevelConfiguration: { name: 'each' }, matchingPrecedence: 9000 },
  }),
  each('certificates.k8s.io/v1', 'CertificateSigningRequest', {
    spec: { request: REQUEST, signerName: 'each.example.com/signer', usages: ['client auth'] },
  }),
  each('resource.k8s.io/v1', 'DeviceClass'),
  each('resource.k8s.io/v1', 'ResourceClaim', { spec: {} }),
  each('resource.k8s.io/v1', 'ResourceClaimTemplate', { spec: { spec: {} } }),
  each('resource.k8s.io/v1', 'ResourceSlice', {
    spec: {
      driver: 'd.example.com',
      nodeName: 'each',
      pool: { name: 'p', generation: 1, resourceSliceCount: 1 },
      devices: [{ name: 'd' }],
    },
  }),
  each('slipway.dev/v1', 'Application', { spec: { path: 'each' } }),
  each('slipway.dev/v1', 'Plan', { spec: { application: 'each', revision: 'r', steps: [], digest: 'd' } }),
];
