/** k6/encoding. */
import { GoError, type ModuleFactory, native } from '../runtime/api.ts';
import { base64Decode, base64Encode, base64Variant, toBytes, utf8Decode } from './bytes.ts';

const asGoError = <T>(compute: () => T): T => {
  try {
    return compute();
  } catch (error) {
    throw new GoError((error as Error).message);
  }
};

const b64encode = native('b64encode', 2, (input, variant) =>
  asGoError(() => base64Encode(toBytes(input, 'input'), base64Variant(variant))),
);

const b64decode = native('b64decode', 3, (input, variant, format) => {
  const bytes = asGoError(() => base64Decode(String(input), base64Variant(variant)));
  return format === 's' ? utf8Decode(bytes, 'byte') : bytes.buffer;
});

export const encodingModule: ModuleFactory = () => ({ b64decode, b64encode, default: { b64decode, b64encode } });
