import fs from 'node:fs';

/**
 * The file system for fetches. A pack and its index get their names when they are whole, as Git itself does it: whoever
 * read the index while it is written would take it for a broken one, and remember that.
 */
export const wholePacks = {
  promises: {
    ...fs.promises,
    writeFile: async (path: string, data: string | Uint8Array, options?: fs.WriteFileOptions): Promise<void> => {
      if (!/\.(?:idx|pack)$/.test(path)) return fs.promises.writeFile(path, data, options);
      const draft = `${path}.draft`;
      await fs.promises.writeFile(draft, data, options);
      await fs.promises.rename(draft, path);
    },
  },
};
