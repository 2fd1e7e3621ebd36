/** Fields whose type the client library gives as text (or not at all), and what it really is. */
export const QUANTITIES: Readonly<Record<string, string>> = {
  'autoscaling.v2.HPAScalingRules': 'tolerance',
  'autoscaling.v2.MetricTarget': 'averageValue value',
  'autoscaling.v2.MetricValueStatus': 'averageValue value',
  'core.v1.ContainerStatus': 'allocatedResources',
  'core.v1.EmptyDirVolumeSource': 'sizeLimit',
  'core.v1.LimitRangeItem': 'default defaultRequest max maxLimitRequestRatio min',
  'core.v1.NodeAllocatableResourceClaimStatus': 'resources',
  'core.v1.NodeStatus': 'allocatable capacity',
  'core.v1.PersistentVolumeClaimStatus': 'allocatedResources capacity',
  'core.v1.PersistentVolumeSpec': 'capacity',
  'core.v1.PodSpec': 'overhead',
  'core.v1.PodStatus': 'allocatedResources',
  'core.v1.ResourceFieldSelector': 'divisor',
  'core.v1.ResourceQuotaSpec': 'hard',
  'core.v1.ResourceQuotaStatus': 'hard used',
  'core.v1.ResourceRequirements': 'limits requests',
  'core.v1.VolumeResourceRequirements': 'limits requests',
  'node.v1.Overhead': 'podFixed',
  'resource.v1.CapacityRequestPolicy': 'default validValues',
  'resource.v1.CapacityRequestPolicyRange': 'max min step',
  'resource.v1.CapacityRequirements': 'requests',
  'resource.v1.Counter': 'value',
  'resource.v1.DeviceCapacity': 'value',
  'resource.v1.DeviceRequestAllocationResult': 'consumedCapacity',
  'resource.v1.NodeAllocatableResourceMapping': 'allocationMultiplier',
  'storage.v1.CSIStorageCapacity': 'capacity maximumVolumeSize',
};

export const RAW_TYPES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'meta.v1.WatchEvent': { object: 'runtime.RawExtension' },
  'meta.v1.ManagedFieldsEntry': { fieldsV1: 'meta.v1.FieldsV1' },
  'apps.v1.ControllerRevision': { data: 'runtime.RawExtension' },
  'resource.v1.AllocatedDeviceStatus': { data: 'runtime.RawExtension' },
  'resource.v1.OpaqueDeviceConfiguration': { parameters: 'runtime.RawExtension' },
  'apiextensions.v1.CustomResourceSubresources': { status: 'apiextensions.v1.CustomResourceSubresourceStatus' },
  'apiextensions.v1.JSONSchemaProps': {
    additionalItems: 'apiextensions.v1.JSONSchemaPropsOrBool',
    additionalProperties: 'apiextensions.v1.JSONSchemaPropsOrBool',
    default: 'apiextensions.v1.JSON',
    dependencies: 'apiextensions.v1.JSONSchemaPropsOrStringArray',
    enum: 'apiextensions.v1.JSON',
    example: 'apiextensions.v1.JSON',
    items: 'apiextensions.v1.JSONSchemaPropsOrArray',
  },
};

/** References that stand alone where others are wrapped in `allOf`. */
export const BARE_REFERENCES: Readonly<Record<string, string>> = {
  'networking.v1.IngressRule': 'http',
  'apiextensions.v1.JSONSchemaProps': 'additionalItems additionalProperties example externalDocs items not',
};

/** `x-kubernetes-unions`: the field that says which of the others counts, and those. */
export const UNIONS: Readonly<Record<string, string>> = {
  'core.v1.AppArmorProfile': 'type:localhostProfile',
  'core.v1.SeccompProfile': 'type:localhostProfile',
  'core.v1.PodSchedulingGroup': ':podGroupName',
  'flowcontrol.v1.LimitResponse': 'type:queuing',
  'flowcontrol.v1.PriorityLevelConfigurationSpec': 'type:exempt,limited',
  'flowcontrol.v1.Subject': 'kind:group,serviceAccount,user',
};
