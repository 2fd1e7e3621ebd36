import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** A class of the client library: one Kubernetes type of one version. */
export interface SourceClass {
  readonly name: string;
  readonly description: string;
  readonly fields: readonly SourceField[];
}

export interface SourceField {
  readonly name: string;
  /** `string`, `Array<V1EnvVar>`, `{ [key: string]: string; }`, `Date`, `IntOrString`, `any`. */
  readonly type: string;
  readonly format: string;
  readonly required: boolean;
  readonly description: string;
}

interface AttributeType {
  readonly name: string;
  readonly baseName: string;
  readonly type: string;
  readonly format: string;
}

const CLASS_DOCUMENT = /\/\*\*\n((?:\* .*\n)+)\*\/\nexport declare class/;
const MEMBER = /^(?: {4}\/\*\*\n((?: {4}\* .*\n)+) {4}\*\/\n)? {4}'(\w+)'(\??): /gm;

/** Reads the classes as text: importing a thousand modules is slower, and types are not there at run time. */
export function readClasses(modelsFolder: string): readonly SourceClass[] {
  return readdirSync(modelsFolder)
    .filter((file) => /^([A-Z][a-z]+)?V\d[A-Z]\w*\.js$/.test(file) || file === 'VersionInfo.js')
    .map((file) => readClass(modelsFolder, basename(file, '.js')));
}

function readClass(folder: string, name: string): SourceClass {
  const declaration = readFileSync(join(folder, `${name}.d.ts`), 'utf8');
  const members = new Map(
    [...declaration.matchAll(MEMBER)].map(([, document, member, optional]) => [
      member!,
      { description: readDocument(document), required: optional === '' },
    ]),
  );
  const attributes = /attributeTypeMap = (\[.*?\]);\n/s.exec(readFileSync(join(folder, `${name}.js`), 'utf8'));
  const types = JSON.parse(attributes?.[1] ?? '[]') as AttributeType[];
  return {
    name,
    description: readDocument(CLASS_DOCUMENT.exec(declaration)?.[1]),
    fields: types.map(({ name: member, baseName, type, format }) => ({ name: baseName, type, format, ...members.get(member)! })),
  };
}

function readDocument(comment: string | undefined): string {
  const text = (comment ?? '').replaceAll(/^\s*\* /gm, '').trim();
  return text.replaceAll(/\\(['"])/g, '$1');
}
