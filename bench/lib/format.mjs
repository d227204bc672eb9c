// How figures are printed, in the terminal and in the document.

export const number = (value) => {
  if (!Number.isFinite(value)) return 'none';
  if (Number.isInteger(value)) return value.toLocaleString('en');
  return Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
};

export const range = ({ median, min, max }) =>
  min === max ? number(median) : `${number(median)} (${number(min)}…${number(max)})`;

export const meets = ({ median, higher }, limit) => (higher ? median >= limit : median <= limit);
