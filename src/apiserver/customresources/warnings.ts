import type { CustomResourceDefinition, Manifest } from '../../model/index.ts';

const STANDARD_FINALIZERS: ReadonlySet<string> = new Set(['orphan', 'foregroundDeletion']);

/** Of each new finalizer that does not say whose it is. */
export function finalizerWarnings({ metadata }: Manifest, old?: Manifest): readonly string[] {
  const known = old?.metadata.finalizers ?? [];
  return [...new Set(metadata.finalizers)]
    .filter((name) => !known.includes(name) && !name.includes('/') && !STANDARD_FINALIZERS.has(name))
    .toSorted()
    .map((name) => {
      const advice =
        'prefer a domain-qualified finalizer name including a path (/) to avoid accidental conflicts with other finalizer writers';
      return `metadata.finalizers: ${JSON.stringify(name)}: ${advice}`;
    });
}

/** What a definition asks for that is stored and not done yet. */
export function definitionWarnings({ spec }: CustomResourceDefinition): readonly string[] {
  if (spec.conversion?.strategy !== 'Webhook') return [];
  return ['spec.conversion.strategy: Webhook is stored, but not called yet: versions are converted as with the strategy None'];
}
