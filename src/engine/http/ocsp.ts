/** The status in a stapled OCSP response (RFC 6960), read just far enough. */

interface Der {
  readonly tag: number;
  readonly body: Buffer;
  readonly rest: Buffer;
}

/** @returns `good`, `revoked`, `unknown`, or `server_failed` for a response without an answer */
export function ocspStatus(response: Buffer): string {
  try {
    const outer = children(read(response).body);
    // responseStatus, then [0] { SEQUENCE { responseType, OCTET STRING { BasicOCSPResponse } } }
    if (outer[0]?.body[0] !== 0) return 'server_failed';
    const bytes = children(read(at(outer, 1).body).body);
    const basic = children(read(at(bytes, 1).body).body);
    const fields = children(at(basic, 0).body);
    // tbsResponseData: [0] version, responderID [1] or [2], producedAt, SEQUENCE OF responses
    const responses = fields.find(({ tag }) => tag === 0x30);
    if (responses === undefined) return 'unknown';
    const single = children(read(responses.body).body);
    // SingleResponse: certID, certStatus …
    return (['good', 'revoked'] as const)[at(single, 1).tag & 0x1f] ?? 'unknown';
  } catch {
    return 'unknown';
  }
}

function at(items: readonly Der[], index: number): Der {
  const item = items[index];
  if (item === undefined) throw new RangeError('truncated DER');
  return item;
}

function children(bytes: Buffer): Der[] {
  const items: Der[] = [];
  for (let rest = bytes; rest.length > 0;) {
    const item = read(rest);
    items.push(item);
    rest = item.rest;
  }
  return items;
}

function read(bytes: Buffer): Der {
  const tag = bytes.readUInt8(0);
  let length = bytes.readUInt8(1);
  let start = 2;
  if (length > 0x80) {
    const size = length & 0x7f;
    length = bytes.readUIntBE(2, size);
    start += size;
  }
  const end = start + length;
  if (end > bytes.length) throw new RangeError('truncated DER');
  return { tag, body: bytes.subarray(start, end), rest: bytes.subarray(end) };
}
