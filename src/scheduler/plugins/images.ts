import type { NodeView } from '../nodeview.ts';
import type { PodView } from '../podview.ts';
import type { Snapshot } from '../snapshot.ts';

const MB = 1024 * 1024;
const SMALLEST = 23 * MB;
const LARGEST_PER_CONTAINER = 1000 * MB;

/** The more of the pod's images a node has, the better; an image that few nodes have counts less, or all its pods would go there. */
export function prepareImages({ images }: PodView, snapshot: Snapshot): ((node: NodeView) => number) | undefined {
  if (!images.some((image) => snapshot.nodesWith(image) > 0)) return undefined;
  const shares = new Map(images.map((image) => [image, snapshot.nodesWith(image) / snapshot.nodes.length]));
  const largest = LARGEST_PER_CONTAINER * images.length;
  return (node) => {
    let bytes = 0;
    for (const image of images) bytes += Math.trunc((node.images.get(image) ?? 0) * shares.get(image)!);
    return Math.trunc((100 * (Math.min(Math.max(bytes, SMALLEST), largest) - SMALLEST)) / (largest - SMALLEST));
  };
}
