import { build, encodeIntoCompressedBase64 } from 'hdr-histogram-js';

/** [value, count] pairs; values are non-negative integers. */
export type SparseCounts = Iterable<readonly [value: number, count: number]>;

/** HdrHistogram V2, compressed, base64, three significant digits: every HdrHistogram library reads it. */
export function encodeHdr(counts: SparseCounts): string {
  const histogram = build({ bitBucketSize: 64, autoResize: true, numberOfSignificantValueDigits: 3 });
  for (const [value, count] of counts) histogram.recordValueWithCount(value, count);
  return encodeIntoCompressedBase64(histogram);
}
