/**
 * Which types a group's kinds are, and so which package each type of the client library belongs to: the class names say
 * only the version. What core kinds reach is core's; what one group alone reaches is that group's.
 */
interface GroupFacts {
  readonly group: string;
  readonly package: string;
  readonly kinds: string;
}

export const GROUPS: readonly GroupFacts[] = [
  {
    group: '',
    package: 'core.v1',
    kinds:
      'Binding ComponentStatus ConfigMap Endpoints Event LimitRange Namespace Node PersistentVolume PersistentVolumeClaim Pod PodTemplate ReplicationController ResourceQuota Secret Service ServiceAccount',
  },
  {
    group: 'admissionregistration.k8s.io',
    package: 'admissionregistration.v1',
    kinds:
      'MutatingAdmissionPolicy MutatingAdmissionPolicyBinding MutatingWebhookConfiguration ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration',
  },
  { group: 'apiextensions.k8s.io', package: 'apiextensions.v1', kinds: 'CustomResourceDefinition' },
  { group: 'apiregistration.k8s.io', package: 'apiregistration.v1', kinds: 'APIService' },
  { group: 'apps', package: 'apps.v1', kinds: 'ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet' },
  { group: 'authentication.k8s.io', package: 'authentication.v1', kinds: 'SelfSubjectReview TokenRequest TokenReview' },
  {
    group: 'authorization.k8s.io',
    package: 'authorization.v1',
    kinds: 'LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview',
  },
  { group: 'autoscaling', package: 'autoscaling.v1', kinds: 'HorizontalPodAutoscaler Scale' },
  { group: 'autoscaling', package: 'autoscaling.v2', kinds: 'HorizontalPodAutoscaler' },
  { group: 'batch', package: 'batch.v1', kinds: 'CronJob Job' },
  { group: 'certificates.k8s.io', package: 'certificates.v1', kinds: 'CertificateSigningRequest' },
  { group: 'coordination.k8s.io', package: 'coordination.v1', kinds: 'Lease' },
  { group: 'discovery.k8s.io', package: 'discovery.v1', kinds: 'EndpointSlice' },
  { group: 'events.k8s.io', package: 'events.v1', kinds: 'Event' },
  { group: 'flowcontrol.apiserver.k8s.io', package: 'flowcontrol.v1', kinds: 'FlowSchema PriorityLevelConfiguration' },
  { group: 'networking.k8s.io', package: 'networking.v1', kinds: 'IPAddress Ingress IngressClass NetworkPolicy ServiceCIDR' },
  { group: 'node.k8s.io', package: 'node.v1', kinds: 'RuntimeClass' },
  { group: 'policy', package: 'policy.v1', kinds: 'Eviction PodDisruptionBudget' },
  { group: 'rbac.authorization.k8s.io', package: 'rbac.v1', kinds: 'ClusterRole ClusterRoleBinding Role RoleBinding' },
  { group: 'resource.k8s.io', package: 'resource.v1', kinds: 'DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice' },
  { group: 'scheduling.k8s.io', package: 'scheduling.v1', kinds: 'PriorityClass' },
  {
    group: 'storage.k8s.io',
    package: 'storage.v1',
    kinds: 'CSIDriver CSINode CSIStorageCapacity StorageClass VolumeAttachment VolumeAttributesClass',
  },
];

/** Types of every group. */
export const META_TYPES =
  'APIGroup APIGroupList APIResource APIResourceList APIVersions Condition DeleteOptions FieldSelectorRequirement GroupVersionForDiscovery LabelSelector LabelSelectorRequirement ListMeta ManagedFieldsEntry ObjectMeta OwnerReference Preconditions ServerAddressByClientCIDR ShardInfo Status StatusCause StatusDetails WatchEvent';

/** Those of them that are kinds of the core group. */
export const META_KINDS = 'APIGroup APIGroupList APIResourceList APIVersions Status';

/** Core types that no core kind reaches. */
export const CORE_TYPES = 'TopologySelectorLabelRequirement TopologySelectorTerm';
