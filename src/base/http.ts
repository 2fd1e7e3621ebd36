/**
 * Node's own, for its values: an `import` of it would read every name that it exports, and one of them loads a whole
 * browser's fetch, which takes 4 MB. Its types may be imported.
 */
export const http = process.getBuiltinModule('node:http');
