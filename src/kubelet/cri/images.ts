import type { Image, Images, RegistryLogin } from '../runtime.ts';
import type { Connection } from './connection.ts';
import type { CriImage } from './messages.ts';

export function criImages({ images }: Pick<Connection, 'images'>): Images {
  const find = async (name: string) => {
    const { image } = await images.imageStatus({ image: { image: name } });
    return image ? imageOf(image) : undefined;
  };
  return {
    list: async () => (await images.listImages({})).images.map(imageOf),
    find,
    pull: async (name, logins, signal) => {
      const imageRef = await pullWithOne(images, name, logins, signal);
      const image = (await find(imageRef)) ?? (await find(name));
      if (!image) throw new Error(`image ${name} was pulled, but is not there`);
      return image;
    },
  };
}

/** The first login that is good enough counts; of several that are not, the last refusal is told. */
async function pullWithOne(
  images: Connection['images'],
  name: string,
  logins: readonly RegistryLogin[],
  signal: AbortSignal,
): Promise<string> {
  const pull = async (auth?: RegistryLogin) => {
    const { imageRef } = await images.pullImage({ image: { image: name }, ...(auth ? { auth } : {}) }, { signal });
    return imageRef;
  };
  let refusal: unknown;
  for (const login of logins) {
    try {
      return await pull(login);
    } catch (error) {
      signal.throwIfAborted();
      refusal = error;
    }
  }
  if (refusal) throw refusal;
  return pull();
}

function imageOf({ id, repoTags, repoDigests, size }: CriImage): Image {
  return { id, names: [...repoDigests, ...repoTags], sizeBytes: size };
}
