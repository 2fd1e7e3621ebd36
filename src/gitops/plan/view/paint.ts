/** What a line of a plan means, and so how it is coloured. */
export type Tone = 'title' | 'added' | 'removed' | 'changed' | 'place' | 'quiet' | 'error';

const CODES: Readonly<Record<Tone, string>> = {
  title: '1',
  added: '32',
  removed: '31',
  changed: '33',
  place: '36',
  quiet: '2',
  error: '1;31',
};

export type Paint = (tone: Tone, text: string) => string;

export function paintFor(colour: boolean): Paint {
  return colour ? (tone, text) => `\u001b[${CODES[tone]}m${text}\u001b[0m` : (_tone, text) => text;
}
