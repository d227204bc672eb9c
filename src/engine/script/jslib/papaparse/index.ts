/** The npm package papaparse, as jslib.k6.io serves it. Workers, streams and downloads do not exist in scripts. */
import Papa from 'papaparse';

export default Papa;
export const { parse, unparse } = Papa;
