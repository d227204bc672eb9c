function pad(value: number, width: number): string {
  return String(value).padStart(width, '0');
}

let second = NaN;
let prefix = '';
let zone = '';

function prepare(epochSecond: number): void {
  const date = new Date(epochSecond * 1000);
  const offset = -date.getTimezoneOffset();
  const day = `${pad(date.getFullYear(), 4)}-${pad(date.getMonth() + 1, 2)}-${pad(date.getDate(), 2)}`;
  prefix = `${day}T${pad(date.getHours(), 2)}:${pad(date.getMinutes(), 2)}:${pad(date.getSeconds(), 2)}`;
  const sign = offset < 0 ? '-' : '+';
  zone = offset === 0 ? 'Z' : `${sign}${pad(Math.floor(Math.abs(offset) / 60), 2)}:${pad(Math.abs(offset) % 60, 2)}`;
  second = epochSecond;
}

/**
 * Local time as RFC 3339, with as many digits of the second as there are (six at most: a double holds no more of an
 * epoch in milliseconds).
 * @param ms milliseconds since the epoch, fractional
 */
export function rfc3339(ms: number): string {
  let micros = Math.round((ms % 1000) * 1000);
  let epochSecond = Math.floor(ms / 1000);
  if (micros === 1_000_000) {
    micros = 0;
    epochSecond++;
  }
  if (epochSecond !== second) prepare(epochSecond);
  if (micros === 0) return prefix + zone;
  let digits = pad(micros, 6);
  while (digits.endsWith('0')) digits = digits.slice(0, -1);
  return `${prefix}.${digits}${zone}`;
}
