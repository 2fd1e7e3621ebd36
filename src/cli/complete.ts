import type { Argument, Command, Option } from 'commander';

/** Called by shells, and by nobody else. */
export const HIDDEN = 'complete';

/** What may stand where an application is asked for. */
export type ListApplications = () => Promise<readonly string[]>;

/** Words that fit after these; the last of them is being typed. */
export async function complete(program: Command, words: readonly string[], applications: ListApplications): Promise<readonly string[]> {
  const typed = words.at(-1) ?? '';
  let command = program;
  const given: string[] = [];
  for (const word of words.slice(0, -1)) {
    const next = given.length === 0 ? command.commands.find((one) => one.name() === word) : undefined;
    if (next) command = next;
    else given.push(word);
  }
  const fits = (word: string) => word.startsWith(typed);
  const asked = optionNamed(command, given.at(-1) ?? '');
  if (asked && takesValue(asked)) return (asked.argChoices ?? []).filter(fits);
  if (typed.startsWith('-')) return [...namesOf(command), '--help'].filter(fits);
  const names = command.commands.map((one) => one.name()).filter((name) => name !== HIDDEN);
  const places = given.filter((word, i) => !word.startsWith('-') && !takesValue(optionNamed(command, given[i - 1] ?? '')));
  const wanted = command.registeredArguments[places.length];
  const values = wanted?.argChoices ?? (wanted && isApplication(wanted) ? await applications() : []);
  return [...(places.length === 0 ? names : []), ...values].filter(fits);
}

const optionNamed = (command: Command, word: string): Option | undefined =>
  command.options.find(({ long, short }) => word !== '' && (word === long || word === short));
const takesValue = (option: Option | undefined): boolean => option !== undefined && (option.required || option.optional);
const isApplication = (argument: Argument) => argument.name().split('|').includes('application');

function namesOf(command: Command): readonly string[] {
  return command.options.flatMap(({ long, short }) => [long, short].filter((name) => name !== undefined && name !== null));
}

const SCRIPTS: Readonly<Record<string, string>> = {
  bash: `_slipway() {
  local IFS=$'\\n'
  COMPREPLY=($("\${COMP_WORDS[0]}" complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _slipway slipway
`,
  zsh: `#compdef slipway
_slipway() {
  local -a found
  found=("\${(@f)$("\${words[1]}" complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  [[ -n "\${found[*]}" ]] && compadd -a found || _files
}
compdef _slipway slipway
`,
  fish: `function __slipway_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l found ($words[1] complete -- $words[2..-1] 2>/dev/null)
  if test (count $found) -gt 0
    string join \\n -- $found
  else
    __fish_complete_path $words[-1]
  end
end
complete -c slipway -f -a '(__slipway_complete)'
`,
};

export function completionScript(shell: string): string {
  return SCRIPTS[shell]!;
}
