/** totp of jslib.k6.io, by its public documentation: time-based one-time passwords (RFC 6238). */
import crypto from 'k6/crypto';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const STEP = 30;

function base32(text: string): ArrayBuffer {
  const bytes: number[] = [];
  let [bits, value] = [0, 0];
  for (const char of text.toUpperCase().replace(/[\s=-]/g, '')) {
    const digit = ALPHABET.indexOf(char);
    if (digit < 0) throw new Error(`the TOTP secret is not Base32: it contains "${char}"`);
    value = ((value << 5) | digit) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((value >> bits) & 0xff);
    }
  }
  return Uint8Array.from(bytes).buffer;
}

export class TOTP {
  readonly #key: ArrayBuffer;
  readonly #digits: number;

  /** @param secret in Base32 */
  constructor(secret: string, digits = 6) {
    this.#key = base32(secret);
    this.#digits = digits;
  }

  /** @param step and bias in seconds; the bias moves the clock */
  gen(step = STEP, bias = 0): Promise<string> {
    return Promise.resolve(this.#code(Math.floor((Date.now() / 1000 + bias) / step)));
  }

  /** Whether this is the code of the current time window. */
  async verify(code: string, step = STEP, bias = 0): Promise<boolean> {
    return code === (await this.gen(step, bias));
  }

  #code(counter: number): string {
    const message = new DataView(new ArrayBuffer(8));
    message.setBigUint64(0, BigInt(counter));
    const digest = new DataView(crypto.hmac('sha1', this.#key, message.buffer, 'binary'));
    const start = digest.getUint8(19) & 0xf;
    const code = (digest.getUint32(start) & 0x7fffffff) % 10 ** this.#digits;
    return String(code).padStart(this.#digits, '0');
  }
}
