/** Dates and numbers as text: k6 knows one locale only, and shows time zones by their short names. */

/* eslint-disable @typescript-eslint/unbound-method -- taken before a script can patch them */
const { apply } = Reflect;
const dates = Date.prototype;
const { getTime, getFullYear, getMonth, getDate, getHours, getMinutes, getSeconds } = dates;
const nativeToString = dates.toString;
const nativeToTimeString = dates.toTimeString;
const numberToString = Number.prototype.toString;
const bigIntToString = BigInt.prototype.toString;
/* eslint-enable @typescript-eslint/unbound-method */

const two = (value: number): string => (value < 10 ? `0${value}` : `${value}`);

function day(date: Date): string {
  const year = apply(getFullYear, date, []);
  const text = `${Math.abs(year)}`;
  const padded = `${year < 0 ? '-' : ''}${'000'.slice(0, Math.max(0, 4 - text.length))}${text}`;
  return `${two(apply(getMonth, date, []) + 1)}/${two(apply(getDate, date, []))}/${padded}`;
}

const time = (date: Date): string =>
  `${two(apply(getHours, date, []))}:${two(apply(getMinutes, date, []))}:${two(apply(getSeconds, date, []))}`;

const UTC = '(Coordinated Universal Time)';

type Format = (date: Date) => string | undefined;

/** The short name of the zone at a date: `CET`, `PST`; what has none is shown as its offset. */
function zoneNames(DateTimeFormat: typeof Intl.DateTimeFormat): Format {
  const formats = ['en-US', 'en-GB'].map((locale) => new DateTimeFormat(locale, { timeZoneName: 'short' }));
  return (date) => {
    for (const format of formats) {
      for (const { type, value } of format.formatToParts(date)) {
        if (type === 'timeZoneName' && !value.startsWith('GMT')) return value;
      }
    }
    return undefined;
  };
}

function withShortZone(text: string, date: Date, zone: () => Format): string {
  if (text.endsWith(UTC)) return `${text.slice(0, -UTC.length)}(UTC)`;
  const at = text.indexOf(' (');
  if (at < 0) return text;
  const name = zone()(date) ?? text.slice(at - 5, at - 2);
  return `${text.slice(0, at)} (${name})`;
}

const isInvalid = (date: Date): boolean => Number.isNaN(apply(getTime, date, []));

/** To be called once per realm, while it still has `Intl`. */
export function installLocaleText(): void {
  const { DateTimeFormat } = Intl;
  let names: Format | undefined;
  const zone = (): Format => (names ??= zoneNames(DateTimeFormat));
  const dateMethods = {
    toString(this: Date): string {
      return withShortZone(apply(nativeToString, this, []), this, zone);
    },
    toTimeString(this: Date): string {
      return withShortZone(apply(nativeToTimeString, this, []), this, zone);
    },
    toLocaleString(this: Date): string {
      return isInvalid(this) ? 'Invalid Date' : `${day(this)}, ${time(this)}`;
    },
    toLocaleDateString(this: Date): string {
      return isInvalid(this) ? 'Invalid Date' : day(this);
    },
    toLocaleTimeString(this: Date): string {
      return isInvalid(this) ? 'Invalid Date' : time(this);
    },
  };
  replace(dates, dateMethods);
  // As in k6: the locale is taken for a radix.
  replace(Number.prototype, {
    toLocaleString(this: number, radix?: never): string {
      return apply(numberToString, this, [radix]);
    },
  });
  replace(BigInt.prototype, {
    toLocaleString(this: bigint): string {
      return apply(bigIntToString, this, []);
    },
  });
}

function replace(target: object, methods: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(methods)) {
    Object.defineProperty(target, name, { value, writable: true, enumerable: false, configurable: true });
  }
}
