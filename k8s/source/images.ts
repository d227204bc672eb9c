/**
 * Images by digest: a tag can be moved under a running deployment. The release pipeline writes the digests of what it
 * built into images.json and runs `npm run manifests`; until it has, they are zeros, which no registry serves and which
 * `gravl-load ready` reports.
 */
import images from './images.json' with { type: 'json' };

export type Images = Readonly<typeof images>;

export { images };
