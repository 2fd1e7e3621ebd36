import { formatQuantity, mapKey, type FieldPath } from '../../meta/index.ts';
import { amountsOfContainers, readAmounts } from '../../quota/amounts.ts';
import type { PodSpec } from '../../types/index.ts';
import { forbidden, invalid, type FieldProblem } from '../../schema/problems.ts';
import { ofPods, validateRequirements } from './resources.ts';

/** What a pod has as a whole must be enough for its containers together, and for each of them. */
export function validatePodResources(spec: PodSpec, path: FieldPath): FieldProblem[] {
  const { resources, os } = spec;
  if (!resources) return [];
  if (os?.name === 'windows') return [forbidden(path, 'may not be set for a windows pod')];
  return [
    ...(resources.claims?.length ? [forbidden([...path, 'claims'], 'claims may not be set for Resources at pod-level')] : []),
    ...validateRequirements(resources, ofPods, path),
    ...validateSums(spec, path),
    ...validateEach(spec, path),
  ];
}

function validateSums(spec: PodSpec, path: FieldPath): FieldProblem[] {
  const needed = amountsOfContainers(spec, 'requests');
  return [...readAmounts(spec.resources?.requests)].flatMap(([name, amount]) => {
    const sum = needed.get(name);
    if (!sum || sum.nanos <= amount.nanos) return [];
    const refusal = `must be greater than or equal to aggregate container requests of ${formatQuantity(sum)}`;
    return [invalid([...path, 'requests', mapKey(name)], formatQuantity(amount), refusal)];
  });
}

function validateEach(spec: PodSpec, path: FieldPath): FieldProblem[] {
  const most = readAmounts(spec.resources?.limits);
  return spec.containers.flatMap(({ resources }, i) =>
    [...readAmounts(resources?.limits)].flatMap(([name, limit]) => {
      const bound = most.get(name);
      if (!bound || limit.nanos <= bound.nanos) return [];
      const refusal = `must be less than or equal to pod limits of ${formatQuantity(bound)}`;
      return [invalid([...path, 'containers', i, mapKey(name), 'limits'], formatQuantity(limit), refusal)];
    }),
  );
}
