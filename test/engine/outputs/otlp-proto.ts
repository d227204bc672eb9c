/** The parts of OpenTelemetry's metrics protocol that the tests read, by their public field numbers. */
import protobuf from 'protobufjs';

const { root } = protobuf.parse(`
syntax = "proto3";
message Request { repeated ResourceMetrics resource_metrics = 1; }
message ResourceMetrics { Resource resource = 1; repeated ScopeMetrics scope_metrics = 2; }
message Resource { repeated KeyValue attributes = 1; }
message ScopeMetrics { Scope scope = 1; repeated Metric metrics = 2; }
message Scope { string name = 1; string version = 2; }
message Metric { string name = 1; string unit = 3; Gauge gauge = 5; Sum sum = 7; Histogram histogram = 9; }
message Gauge { repeated NumberPoint data_points = 1; }
message Sum { repeated NumberPoint data_points = 1; int32 aggregation_temporality = 2; bool is_monotonic = 3; }
message Histogram { repeated HistogramPoint data_points = 1; int32 aggregation_temporality = 2; }
message NumberPoint {
  fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3;
  oneof value { double as_double = 4; sfixed64 as_int = 6; }
  repeated KeyValue attributes = 7;
}
message HistogramPoint {
  fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3; fixed64 count = 4; double sum = 5;
  repeated fixed64 bucket_counts = 6; repeated double explicit_bounds = 7;
  repeated KeyValue attributes = 9; double min = 11; double max = 12;
}
message KeyValue { string key = 1; AnyValue value = 2; }
message AnyValue { string string_value = 1; }
`);

export interface DecodedPoint {
  readonly attributes?: { readonly key: string; readonly value: { readonly stringValue: string } }[];
  readonly asDouble?: number;
  readonly asInt?: string;
  readonly count?: string;
  readonly sum?: number;
  readonly min?: number;
  readonly max?: number;
  readonly bucketCounts?: string[];
  readonly explicitBounds?: number[];
  readonly startTimeUnixNano?: string;
  readonly timeUnixNano?: string;
}

interface DecodedData {
  readonly dataPoints: DecodedPoint[];
  readonly aggregationTemporality?: number;
  readonly isMonotonic?: boolean;
}

export interface DecodedMetric {
  readonly name: string;
  readonly unit?: string;
  readonly gauge?: DecodedData;
  readonly sum?: DecodedData;
  readonly histogram?: DecodedData;
}

export interface DecodedExport {
  readonly resourceMetrics: [
    {
      readonly resource: { readonly attributes: { key: string; value: { stringValue: string } }[] };
      readonly scopeMetrics: [{ readonly scope: unknown; readonly metrics: DecodedMetric[] }];
    },
  ];
}

export function decodeExport(bytes: Uint8Array): DecodedExport {
  const type = root.lookupType('Request');
  return type.toObject(type.decode(bytes), { longs: String }) as unknown as DecodedExport;
}
