/** The npm package ajv, as jslib.k6.io serves it. */
import { Ajv } from 'ajv';

export default Ajv;
export { Ajv };
