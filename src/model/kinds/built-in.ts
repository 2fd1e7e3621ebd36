import { MUTATING_ADMISSION_POLICY, MUTATING_ADMISSION_POLICY_BINDING } from './admissionregistration/mutatingpolicies.ts';
import { VALIDATING_ADMISSION_POLICY, VALIDATING_ADMISSION_POLICY_BINDING } from './admissionregistration/policies.ts';
import { MUTATING_WEBHOOK_CONFIGURATION, VALIDATING_WEBHOOK_CONFIGURATION } from './admissionregistration/webhooks.ts';
import { CUSTOM_RESOURCE_DEFINITION } from './apiextensions/customresourcedefinition.ts';
import { CONTROLLER_REVISION } from './apps/controllerrevision.ts';
import { DAEMON_SET } from './apps/daemonset.ts';
import { DEPLOYMENT } from './apps/deployment.ts';
import { REPLICA_SET } from './apps/replicaset.ts';
import { STATEFUL_SET } from './apps/statefulset.ts';
import { HORIZONTAL_POD_AUTOSCALER_V1 } from './autoscaling/horizontalpodautoscaler-v1.ts';
import { HORIZONTAL_POD_AUTOSCALER } from './autoscaling/horizontalpodautoscaler.ts';
import { CRON_JOB } from './batch/cronjob.ts';
import { JOB } from './batch/job.ts';
import { SELF_SUBJECT_REVIEW, TOKEN_REVIEW } from './authentication/reviews.ts';
import {
  LOCAL_SUBJECT_ACCESS_REVIEW,
  SELF_SUBJECT_ACCESS_REVIEW,
  SELF_SUBJECT_RULES_REVIEW,
  SUBJECT_ACCESS_REVIEW,
} from './authorization/reviews.ts';
import { CERTIFICATE_SIGNING_REQUEST } from './certificates/certificatesigningrequest.ts';
import { LEASE } from './coordination/lease.ts';
import { BINDING } from './core/binding.ts';
import { CONFIG_MAP } from './core/configmap.ts';
import { ENDPOINTS_KIND } from './core/endpoints.ts';
import { EVENT } from './core/event.ts';
import { LIMIT_RANGE } from './core/limitrange.ts';
import { NAMESPACE } from './core/namespace.ts';
import { NODE } from './core/node.ts';
import { PERSISTENT_VOLUME } from './core/persistentvolume.ts';
import { PERSISTENT_VOLUME_CLAIM } from './core/persistentvolumeclaim.ts';
import { POD } from './core/pod.ts';
import { POD_TEMPLATE } from './core/podtemplate.ts';
import { REPLICATION_CONTROLLER } from './core/replicationcontroller.ts';
import { RESOURCE_QUOTA } from './core/resourcequota.ts';
import { SECRET } from './core/secret.ts';
import { SERVICE } from './core/service.ts';
import { SERVICE_ACCOUNT } from './core/serviceaccount.ts';
import { ENDPOINT_SLICE } from './discovery/endpointslice.ts';
import { NEW_EVENT } from './events/event.ts';
import { FLOW_SCHEMA, PRIORITY_LEVEL_CONFIGURATION } from './flowcontrol/flowcontrol.ts';
import type { Kind } from './kind.ts';
import { INGRESS } from './networking/ingress.ts';
import { INGRESS_CLASS } from './networking/ingressclass.ts';
import { IP_ADDRESS } from './networking/ipaddress.ts';
import { NETWORK_POLICY } from './networking/networkpolicy.ts';
import { SERVICE_CIDR } from './networking/servicecidr.ts';
import { RUNTIME_CLASS } from './node/runtimeclass.ts';
import { POD_DISRUPTION_BUDGET } from './policy/poddisruptionbudget.ts';
import { CLUSTER_ROLE, ROLE } from './rbac/role.ts';
import { CLUSTER_ROLE_BINDING, ROLE_BINDING } from './rbac/rolebinding.ts';
import { DEVICE_CLASS, RESOURCE_CLAIM, RESOURCE_CLAIM_TEMPLATE, RESOURCE_SLICE } from './resource/devices.ts';
import { PRIORITY_CLASS } from './scheduling/priorityclass.ts';
import { APPLICATION } from './slipway/application.ts';
import { PLAN } from './slipway/plan.ts';
import { CSI_DRIVER, CSI_NODE, CSI_STORAGE_CAPACITY } from './storage/csi.ts';
import { STORAGE_CLASS } from './storage/storageclass.ts';
import { VOLUME_ATTACHMENT } from './storage/volumeattachment.ts';
import { VOLUME_ATTRIBUTES_CLASS } from './storage/volumeattributesclass.ts';

/** Every kind that is there from the start, in the order in which discovery lists their groups. */
export const BUILT_IN_KINDS: readonly Kind[] = [
  BINDING,
  CONFIG_MAP,
  ENDPOINTS_KIND,
  EVENT,
  LIMIT_RANGE,
  NAMESPACE,
  NODE,
  PERSISTENT_VOLUME_CLAIM,
  PERSISTENT_VOLUME,
  POD,
  POD_TEMPLATE,
  REPLICATION_CONTROLLER,
  RESOURCE_QUOTA,
  SECRET,
  SERVICE_ACCOUNT,
  SERVICE,
  CONTROLLER_REVISION,
  DAEMON_SET,
  DEPLOYMENT,
  REPLICA_SET,
  STATEFUL_SET,
  NEW_EVENT,
  SELF_SUBJECT_REVIEW,
  TOKEN_REVIEW,
  LOCAL_SUBJECT_ACCESS_REVIEW,
  SELF_SUBJECT_ACCESS_REVIEW,
  SELF_SUBJECT_RULES_REVIEW,
  SUBJECT_ACCESS_REVIEW,
  HORIZONTAL_POD_AUTOSCALER,
  HORIZONTAL_POD_AUTOSCALER_V1,
  CRON_JOB,
  JOB,
  CERTIFICATE_SIGNING_REQUEST,
  INGRESS_CLASS,
  INGRESS,
  IP_ADDRESS,
  NETWORK_POLICY,
  SERVICE_CIDR,
  POD_DISRUPTION_BUDGET,
  CLUSTER_ROLE_BINDING,
  CLUSTER_ROLE,
  ROLE_BINDING,
  ROLE,
  CSI_DRIVER,
  CSI_NODE,
  CSI_STORAGE_CAPACITY,
  STORAGE_CLASS,
  VOLUME_ATTACHMENT,
  VOLUME_ATTRIBUTES_CLASS,
  MUTATING_ADMISSION_POLICY,
  MUTATING_ADMISSION_POLICY_BINDING,
  MUTATING_WEBHOOK_CONFIGURATION,
  VALIDATING_ADMISSION_POLICY,
  VALIDATING_ADMISSION_POLICY_BINDING,
  VALIDATING_WEBHOOK_CONFIGURATION,
  CUSTOM_RESOURCE_DEFINITION,
  PRIORITY_CLASS,
  LEASE,
  RUNTIME_CLASS,
  ENDPOINT_SLICE,
  DEVICE_CLASS,
  RESOURCE_CLAIM,
  RESOURCE_CLAIM_TEMPLATE,
  RESOURCE_SLICE,
  FLOW_SCHEMA,
  PRIORITY_LEVEL_CONFIGURATION,
  APPLICATION,
  PLAN,
];
