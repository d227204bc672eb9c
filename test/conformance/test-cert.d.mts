/** Private key and self-signed certificate, PEM. */
export const KEY: string;
export const CERT: string;
