import { equalJson } from '../../base/index.ts';
import { CUSTOM_RESOURCE_DEFINITIONS, invalidObject, type CustomResourceDefinition, type Kind, type Manifest } from '../../model/index.ts';
import { acceptNames, condemn, definitionWarnings, hasRules, ruleEngine } from '../customresources/index.ts';
import type { Verbs } from './commit.ts';

function asDefinition(kind: Kind, object: Manifest): CustomResourceDefinition | undefined {
  const isDefinition = kind.plural === CUSTOM_RESOURCE_DEFINITIONS.plural && kind.group === CUSTOM_RESOURCE_DEFINITIONS.group;
  return isDefinition ? (object as unknown as CustomResourceDefinition) : undefined;
}

/** A definition is accepted in the write that brings it, so that its kinds are served when that is answered. */
export function settleDefinition(verbs: Verbs, kind: Kind, object: Manifest): Manifest {
  const definition = asDefinition(kind, object);
  return definition ? (acceptNames(definition, verbs.kinds.all(), verbs.clock.now()) as unknown as Manifest) : object;
}

/** A definition that is deleted stays until its objects are gone. */
export function condemnDefinition(verbs: Verbs, kind: Kind, object: Manifest): Manifest {
  const definition = asDefinition(kind, object);
  return definition ? (condemn(definition, verbs.clock.now()) as unknown as Manifest) : object;
}

/** The rules of a definition are judged once the rest of it is right. Those that were let in once stay. */
export function checkRules(kind: Kind, object: Manifest, old?: Manifest): void {
  const definition = asDefinition(kind, object);
  if (!definition || !hasRules(definition.spec.versions) || equalJson(definition.spec, old?.['spec'])) return;
  const problems = ruleEngine().definitionRuleProblems(definition);
  if (problems.length > 0) throw invalidObject(kind, object.metadata.name, problems);
}

export function warningsOfDefinition(kind: Kind, object: Manifest): readonly string[] {
  const definition = asDefinition(kind, object);
  return definition ? definitionWarnings(definition) : [];
}
