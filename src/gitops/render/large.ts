import { renderFile, type RenderedFile } from './file.ts';
import { RenderThread } from './thread.ts';

/** From here on a file would hold the loop for longer than a turn. */
const LARGE = 48 * 1024;

/** Reads a file here, or in a thread of its own where it is large. */
export async function renderText(text: string): Promise<RenderedFile> {
  if (text.length < LARGE) return renderFile(text);
  const thread = new RenderThread();
  try {
    const [rendered] = await thread.render([text]);
    return rendered!;
  } finally {
    await thread.close();
  }
}
