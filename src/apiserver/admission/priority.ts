import { ownMember } from '../../base/index.ts';
import { type Manifest, type Pod, PRIORITY_CLASSES, type PriorityClass, SYSTEM_PRIORITIES } from '../../model/index.ts';
import { forbidden } from '../refusals.ts';
import { isOf, withSpec, type AdmissionRequest, type AdmissionStep, type Surroundings } from './step.ts';

const PREEMPTS = 'PreemptLowerPriority';

/** Turns the name of a pod's priority class into what the scheduler goes by. */
export const priority: AdmissionStep = {
  name: 'Priority',
  of: ['pods', 'priorityclasses.scheduling.k8s.io'],
  mutate: (request, around) => {
    const { kind, object, old } = request;
    if (!isOf(kind, 'pods')) return object;
    return old ? keepPriority(object, old) : givePriority(request, around);
  },
  judge: ({ kind, object }, around) => {
    if (!isOf(kind, 'priorityclasses.scheduling.k8s.io') || !(object as unknown as PriorityClass).globalDefault) return [];
    const other = around
      .all(PRIORITY_CLASSES)
      .find(({ globalDefault, metadata }) => globalDefault && metadata.name !== object.metadata.name);
    if (!other) return [];
    const why = `PriorityClass ${other.metadata.name} is already marked as default. Only one default can exist`;
    throw forbidden(kind, object.metadata.name, why);
  },
};

const specOf = (object: Manifest) => object['spec'] as Pod['spec'];

/** A client that does not know the field leaves it out of its update. */
function keepPriority(object: Manifest, old: Manifest): Manifest {
  const [spec, was] = [specOf(object), specOf(old)];
  if (spec.priority !== undefined && spec.preemptionPolicy !== undefined) return object;
  const { priority = was.priority, preemptionPolicy = was.preemptionPolicy } = spec;
  return withSpec(object, { ...(priority === undefined ? {} : { priority }), ...(preemptionPolicy ? { preemptionPolicy } : {}) });
}

function givePriority({ kind, object }: AdmissionRequest, around: Surroundings): Manifest {
  const spec = specOf(object);
  const { name } = object.metadata;
  const found = classOf(spec.priorityClassName, around);
  if (!found) throw forbidden(kind, name, `no PriorityClass with name ${spec.priorityClassName} was found`);
  const { value, policy, className } = found;
  const refuse = (what: string, given: unknown, computed: unknown) =>
    forbidden(kind, name, `the ${what} (${given}) must not be provided in pod spec; priority admission controller computed ${computed} from the given PriorityClass name`);
  if (spec.priority !== undefined && spec.priority !== value) throw refuse('integer value of priority', spec.priority, value);
  if (spec.preemptionPolicy && spec.preemptionPolicy !== policy)
    throw refuse('string value of PreemptionPolicy', spec.preemptionPolicy, policy);
  return withSpec(object, { ...(className ? { priorityClassName: className } : {}), priority: value, preemptionPolicy: policy });
} // prettier-ignore

function classOf(name: string | undefined, around: Surroundings): { value: number; policy: string; className?: string } | undefined {
  if (!name) {
    const byDefault = around.all(PRIORITY_CLASSES).filter(({ globalDefault }) => globalDefault);
    const least = byDefault.toSorted((a, b) => a.value - b.value)[0];
    if (!least) return { value: 0, policy: PREEMPTS };
    return { value: least.value, policy: least.preemptionPolicy ?? PREEMPTS, className: least.metadata.name };
  }
  const found = around.find(PRIORITY_CLASSES, name);
  const value = found?.value ?? ownMember(SYSTEM_PRIORITIES, name);
  return value === undefined ? undefined : { value, policy: found?.preemptionPolicy ?? PREEMPTS };
}
