/** Queries and patterns of the GJSON path syntax: `#(age>45)`, `#(name%"D*")`. */

type Select = (value: unknown, path: string) => unknown;

interface Query {
  readonly path: string;
  /** Empty: the path only has to lead somewhere. */
  readonly operator: string;
  readonly operand: string;
}

/** The test of a query's text, without its parentheses. */
export function queryTest(text: string, select: Select): (item: unknown) => boolean {
  const { path, operator, operand } = parseQuery(text);
  return (item) => {
    const value = path === '' ? item : select(item, path);
    if (operator === '') return value !== undefined;
    if (operand.startsWith('~')) return compareTruth(value, operator, operand);
    return value !== undefined && compare(value, operator, operand);
  };
}

function parseQuery(text: string): Query {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text[i] ?? '';
    if (char === '\\') i++;
    else if (char === '(' || char === '[' || char === '{') depth++;
    else if (char === ')' || char === ']' || char === '}') depth--;
    else if (depth === 0 && '=!<>%'.includes(char)) {
      const operator = /^(?:==|!=|<=|>=|!%|[=<>%])/.exec(text.slice(i))?.[0];
      if (operator === undefined) continue;
      const right = text.slice(i + operator.length).trim();
      const quoted = right.length > 1 && right.startsWith('"') && right.endsWith('"');
      return {
        path: text.slice(0, i).trim(),
        operator: operator === '=' ? '==' : operator,
        operand: quoted ? right.slice(1, -1).replace(/\\(["\\])/g, '$1') : right,
      };
    }
  }
  return { path: text.trim(), operator: '', operand: '' };
}

function compare(value: unknown, operator: string, operand: string): boolean {
  if (typeof value === 'string') {
    if (operator === '%') return matches(value, operand);
    if (operator === '!%') return !matches(value, operand);
    return ordered(value < operand ? -1 : value > operand ? 1 : 0, operator);
  }
  if (typeof value === 'number') {
    const number = Number(operand);
    return Number.isNaN(number) ? operator === '!=' : ordered(value - number, operator);
  }
  if (typeof value === 'boolean') {
    const other = operand === 'true';
    if (operator === '==' || operator === '!=') return (String(value) === operand) === (operator === '==');
    return ordered(Number(value) - Number(other), operator);
  }
  if (value === null) return operator === '==' ? operand === 'null' : operator === '!=' && operand !== 'null';
  return false;
}

/** `==~true` and its kin: what counts as true, false, null or existing at all. */
function compareTruth(value: unknown, operator: string, operand: string): boolean {
  const wanted = operand.slice(1);
  let holds = false;
  if (wanted === 'true') holds = value === true || value === 'true' || (typeof value === 'number' && value !== 0);
  else if (wanted === 'false') {
    holds =
      value === undefined || value === null || value === false || value === 0 || value === 'false' || value === '';
  } else if (wanted === 'null') holds = value === undefined || value === null;
  else if (wanted === '*') holds = value !== undefined;
  return operator === '!=' ? !holds : holds;
}

function ordered(difference: number, operator: string): boolean {
  switch (operator) {
    case '==':
      return difference === 0;
    case '!=':
      return difference !== 0;
    case '<':
      return difference < 0;
    case '<=':
      return difference <= 0;
    case '>':
      return difference > 0;
    case '>=':
      return difference >= 0;
    default:
      return false;
  }
}

/** Whole-text match: `*` any characters, `?` one, a backslash takes the next character as it is. */
export function matches(text: string, pattern: string): boolean {
  let at = 0;
  let p = 0;
  let star = -1;
  let resume = 0;
  while (at < text.length) {
    const char = pattern[p];
    if (char === '*') {
      star = p++;
      resume = at;
      continue;
    }
    const literal = char === '\\' ? pattern[p + 1] : char;
    if (char === '?' || (char !== undefined && literal === text[at])) {
      p += char === '\\' ? 2 : 1;
      at++;
    } else if (star >= 0) {
      p = star + 1;
      at = ++resume;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p >= pattern.length;
}
