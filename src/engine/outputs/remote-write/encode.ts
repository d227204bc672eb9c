/** Prometheus remote write 1.0: https://prometheus.io/docs/specs/prw/remote_write_spec/ */
import protobuf from 'protobufjs/minimal.js';
import snappy from 'snappyjs';
import type { PromSeries } from './map.ts';
import { STALE } from './map.ts';
import type { Buckets, NativeHistogram } from './native-histogram.ts';

/** The bits of Prometheus' stale marker, a NaN with a payload: a number would lose it. */
const STALE_BITS = '9218868437227405314';

/** Wire types of protobuf. */
const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;

const tag = (number: number, wire: number): number => number * 8 + wire;

function writeSample(writer: protobuf.Writer, value: number | typeof STALE, timestamp: number): void {
  writer.uint32(tag(2, BYTES)).fork().uint32(tag(1, FIXED64));
  if (value === STALE) writer.fixed64(STALE_BITS);
  else writer.double(value);
  writer.uint32(tag(2, VARINT)).int64(timestamp).ldelim();
}

function writeBuckets(writer: protobuf.Writer, firstField: number, { spans, deltas }: Buckets): void {
  for (const { offset, length } of spans) {
    writer.uint32(tag(firstField, BYTES)).fork();
    writer.uint32(tag(1, VARINT)).sint32(offset).uint32(tag(2, VARINT)).uint32(length).ldelim();
  }
  writer.uint32(tag(firstField + 1, BYTES)).fork();
  for (const delta of deltas) writer.sint64(delta);
  writer.ldelim();
}

function writeHistogram(writer: protobuf.Writer, histogram: NativeHistogram, timestamp: number): void {
  writer.uint32(tag(4, BYTES)).fork();
  writer.uint32(tag(1, VARINT)).uint64(histogram.count);
  writer.uint32(tag(3, FIXED64)).double(histogram.sum);
  writer.uint32(tag(4, VARINT)).sint32(histogram.schema);
  writer.uint32(tag(5, FIXED64)).double(histogram.zeroThreshold);
  writer.uint32(tag(6, VARINT)).uint64(histogram.zeroCount);
  writeBuckets(writer, 8, histogram.negative);
  writeBuckets(writer, 11, histogram.positive);
  writer.uint32(tag(15, VARINT)).int64(timestamp).ldelim();
}

/** A WriteRequest, compressed as the protocol wants it. */
export function encodeWriteRequest(series: readonly PromSeries[]): Uint8Array {
  const writer = protobuf.Writer.create();
  for (const { labels, value, timestamp } of series) {
    writer.uint32(tag(1, BYTES)).fork();
    for (const [name, text] of labels) {
      writer
        .uint32(tag(1, BYTES))
        .fork()
        .uint32(tag(1, BYTES))
        .string(name)
        .uint32(tag(2, BYTES))
        .string(text)
        .ldelim();
    }
    if (typeof value === 'object') writeHistogram(writer, value, timestamp);
    else writeSample(writer, value, timestamp);
    writer.ldelim();
  }
  return snappy.compress(writer.finish());
}
