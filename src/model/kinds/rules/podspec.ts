import { dns1123Label, labelValue, mapKey, qualifiedName, type FieldPath, type Labels } from '../../meta/index.ts';
import {
  DELETION_COST_ANNOTATION,
  type PodSpec,
  type PodTemplateSpec,
  type Toleration,
  type TopologySpreadConstraint,
} from '../../types/index.ts';
import { duplicate, forbidden, invalid, notSupported, required, tooLong, type FieldProblem } from '../../schema/problems.ts';
import { validateAffinity } from './affinity.ts';
import { validateContainers } from './container.ts';
import { subdomainProblems, validateAnnotations, validateLabels } from './metadata.ts';
import { validateBetween } from './numbers.ts';
import { validateResolution } from './resolution.ts';
import { validatePodResources } from './podresources.ts';
import { validateResourceList } from './resources.ts';
import { validatePodSecurity } from './security.ts';
import { validateLabelKeys, validateLabelSelector } from './selector.ts';
import { validateSystem } from './system.ts';
import { validateVolumes } from './volumes.ts';

const RESTART_POLICIES = ['Always', 'OnFailure', 'Never'];
const DNS_POLICIES = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];
const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

export function validateTemplate(template: PodTemplateSpec | undefined, path: FieldPath): FieldProblem[] {
  return [
    ...validateTemplateMetadata(template, path),
    ...validatePodSpec(template?.spec ?? ({} as PodSpec), [...path, 'spec']),
    ...(template?.spec?.ephemeralContainers?.length
      ? [forbidden([...path, 'spec', 'ephemeralContainers'], 'ephemeral containers not allowed in pod template')]
      : []),
  ];
}

function validateTemplateMetadata(template: PodTemplateSpec | undefined, path: FieldPath): FieldProblem[] {
  return [
    ...validateLabels(template?.metadata?.labels, [...path, 'labels']),
    ...validateAnnotations(template?.metadata?.annotations, [...path, 'annotations']),
    ...validateDeletionCost(template?.metadata?.annotations, [...path, 'annotations']),
  ];
}

const COST = /^(0|[1-9]\d*|-\d+)$/;
const MOST = 2_147_483_647;

export function validateDeletionCost(annotations: Labels | undefined, path: FieldPath): FieldProblem[] {
  const cost = annotations?.[DELETION_COST_ANNOTATION];
  if (cost === undefined || (COST.test(cost) && Number(cost) <= MOST && Number(cost) >= -MOST - 1)) return [];
  return [invalid([...path, mapKey(DELETION_COST_ANNOTATION)], cost, 'must be a 32bit integer')];
}

export function validatePodSpec(spec: PodSpec, path: FieldPath): FieldProblem[] {
  const { activeDeadlineSeconds: deadline, hostname, subdomain } = spec;
  return [
    ...validateVolumes(spec.volumes, [...path, 'volumes']),
    ...validateContainers(spec, path),
    ...oneOf(spec.restartPolicy, RESTART_POLICIES, [...path, 'restartPolicy']),
    ...oneOf(spec.dnsPolicy, DNS_POLICIES, [...path, 'dnsPolicy']),
    ...(spec.nodeSelector ? validateLabels(spec.nodeSelector, [...path, 'nodeSelector']) : []),
    ...(spec.serviceAccountName ? subdomainProblems(spec.serviceAccountName, [...path, 'serviceAccountName']) : []),
    ...(spec.nodeName ? subdomainProblems(spec.nodeName, [...path, 'nodeName']) : []),
    ...validateBetween(deadline, 1, 2_147_483_647, [...path, 'activeDeadlineSeconds']),
    ...(hostname ? dns1123Label(hostname).map((text) => invalid([...path, 'hostname'], hostname, text)) : []),
    ...validateHostnameOverride(spec, [...path, 'hostnameOverride']),
    ...(subdomain ? dns1123Label(subdomain).map((text) => invalid([...path, 'subdomain'], subdomain, text)) : []),
    ...(spec.tolerations ?? []).flatMap((toleration, i) => validateToleration(toleration, [...path, 'tolerations', i])),
    ...(spec.readinessGates ?? []).flatMap(({ conditionType }, i) =>
      qualifiedName(conditionType).map((text) => invalid([...path, 'readinessGates', i, 'conditionType'], conditionType, text)),
    ),
    ...(spec.schedulingGates ?? []).flatMap(({ name }, i, gates) => [
      ...qualifiedName(name).map((text) => invalid([...path, 'schedulingGates', i], name, text)),
      ...(gates.findIndex((gate) => gate.name === name) < i ? [duplicate([...path, 'schedulingGates', i], name)] : []),
    ]),
    ...validatePodSecurity(spec, path),
    ...validateResolution(spec, path),
    ...(spec.affinity ? validateAffinity(spec.affinity, [...path, 'affinity']) : []),
    ...(['priorityClassName', 'runtimeClassName'] as const).flatMap((field) =>
      spec[field] ? subdomainProblems(spec[field], [...path, field]) : [],
    ),
    ...validateSpread(spec.topologySpreadConstraints, [...path, 'topologySpreadConstraints']),
    ...validateResourceList(spec.overhead, [...path, 'overhead']),
    ...validatePodResources(spec, [...path, 'resources']),
    ...validateSystem(spec, path),
  ];
}

const LONGEST_HOSTNAME = 64;

function validateHostnameOverride({ hostnameOverride: name, setHostnameAsFQDN, hostNetwork }: PodSpec, path: FieldPath): FieldProblem[] {
  if (!name) return [];
  return [
    ...subdomainProblems(name, path),
    ...(name.length > LONGEST_HOSTNAME ? [tooLong(path, LONGEST_HOSTNAME)] : []),
    ...(setHostnameAsFQDN ? [forbidden(path, 'may not be specified when setHostnameAsFQDN is true')] : []),
    ...(hostNetwork ? [forbidden(path, 'may not be specified when hostNetwork is true')] : []),
  ];
}

function oneOf(value: string | undefined, supported: readonly string[], path: FieldPath): FieldProblem[] {
  if (!value) return [required(path)];
  return supported.includes(value) ? [] : [notSupported(path, value, supported)];
}

export function validateToleration({ key, operator, value, effect, tolerationSeconds }: Toleration, path: FieldPath): FieldProblem[] {
  return [
    ...(key ? qualifiedName(key).map((text) => invalid([...path, 'key'], key, text)) : []),
    ...(!key && operator !== 'Exists'
      ? [
          invalid(
            [...path, 'operator'],
            operator ?? '',
            'operator must be Exists when `key` is empty, which means "match all values and all keys"',
          ),
        ]
      : []),
    ...(tolerationSeconds !== undefined && effect !== 'NoExecute'
      ? [invalid([...path, 'effect'], effect ?? '', "effect must be 'NoExecute' when `tolerationSeconds` is set")]
      : []),
    ...(operator === 'Exists' && value
      ? [invalid([...path, 'operator'], { key, operator, value, effect }, "value must be empty when `operator` is 'Exists'")]
      : []),
    ...((operator ?? 'Equal') === 'Equal' && labelValue(value ?? '').length > 0
      ? [invalid([...path, 'operator'], value, labelValue(value ?? '').join(';'))]
      : []),
    ...(operator && !['Exists', 'Equal'].includes(operator) ? [notSupported([...path, 'operator'], operator, ['Equal', 'Exists'])] : []),
    ...(effect && !EFFECTS.includes(effect) ? [notSupported([...path, 'effect'], effect, EFFECTS)] : []),
  ];
}

function validateSpread(constraints: readonly TopologySpreadConstraint[] = [], path: FieldPath): FieldProblem[] {
  return constraints.flatMap(({ maxSkew, topologyKey, whenUnsatisfiable, labelSelector, matchLabelKeys, minDomains }, i) => [
    ...(maxSkew > 0 ? [] : [invalid([...path, i, 'maxSkew'], maxSkew, 'must be greater than 0')]),
    ...(topologyKey ? [] : [required([...path, i, 'topologyKey'], 'can not be empty')]),
    ...(['DoNotSchedule', 'ScheduleAnyway'].includes(whenUnsatisfiable)
      ? []
      : [notSupported([...path, i, 'whenUnsatisfiable'], whenUnsatisfiable, ['DoNotSchedule', 'ScheduleAnyway'])]),
    ...(minDomains !== undefined && minDomains <= 0 ? [invalid([...path, i, 'minDomains'], minDomains, 'must be greater than 0')] : []),
    ...(minDomains !== undefined && whenUnsatisfiable === 'ScheduleAnyway'
      ? [invalid([...path, i, 'minDomains'], minDomains, 'can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway')]
      : []),
    ...(constraints.findIndex((other) => other.topologyKey === topologyKey && other.whenUnsatisfiable === whenUnsatisfiable) < i
      ? [duplicate([...path, i, '{topologyKey, whenUnsatisfiable}'], `{${topologyKey}, ${whenUnsatisfiable}}`)]
      : []),
    ...validateLabelSelector(labelSelector, [...path, i, 'labelSelector']),
    ...validateLabelKeys(matchLabelKeys, labelSelector, [...path, i, 'matchLabelKeys']),
  ]);
}
