const BLANKS = /^[ \t]*/;
/** What may follow a value in its line. */
const REST = /^[ \t]*(#|$)/;

/**
 * The value of a variable in a file that a container has written: lines `NAME='value'`, of which a value may take several.
 * Empty where the variable is not there. Throws where the file is not written like that, before the variable is found.
 */
export function envFileValue(text: string, wanted: string): string {
  const lines = text.split(/\r?\n/);
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!.replace(BLANKS, '');
    if (line === '' || line.startsWith('#')) continue;
    const [, name, blank, quoted] = /^([^=]*[^= \t])=(?:([ \t])|'(.*))/.exec(line) ?? [];
    if (name === undefined) throw new Error(`line ${i + 1} is not NAME='value'`);
    let value = '';
    let rest = quoted ?? "'";
    for (; !rest.includes("'"); rest = lines[++i]!) {
      if (i + 1 === lines.length) throw new Error(`the value of ${name} does not end`);
      value += `${rest}\n`;
    }
    const end = rest.indexOf("'");
    if (!blank && !REST.test(rest.slice(end + 1))) throw new Error(`line ${i + 1} goes on after its value`);
    if (name === wanted) return value + rest.slice(0, end);
  }
  return '';
}
