/** Everything that can be wrong with what a commit asks for. */
export type ProblemCode =
  | 'NotYaml'
  | 'NotAnObject'
  | 'HelmChart'
  | 'FieldMissing'
  | 'FieldInvalid'
  | 'DuplicateObject'
  | 'NameClash'
  | 'NoSuchPath'
  | 'Unread'
  | 'Dependency'
  | 'UnknownKind'
  | 'Symlink'
  | 'Submodule'
  | 'LfsPointer'
  | 'LargeFile'
  | 'NotText'
  | 'NotFound'
  | 'Refused';

/** One thing that is wrong with a file of the commit, and where. */
export interface Problem {
  readonly file: string;
  /** Counted from 1; 1 where the whole file is meant. */
  readonly line: number;
  readonly column: number;
  readonly code: ProblemCode;
  readonly message: string;
}

/** A problem of a file's content, whatever the file is called: what can be kept by the id of the blob. */
export type ContentProblem = Omit<Problem, 'file'>;

export function fileProblem(file: string, code: ProblemCode, message: string): Problem {
  return { file, line: 1, column: 1, code, message };
}

/** `web/deployment.yaml:12:3: reason`, which editors and terminals can follow. */
export function formatProblem({ file, line, column, message }: Problem): string {
  return `${file}:${line}:${column}: ${message}`;
}

export function byPlace(a: Problem, b: Problem): number {
  return (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) || a.line - b.line || a.column - b.column;
}
