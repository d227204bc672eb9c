/** Finding punctuation between two nodes of a tree that keeps no tokens. */

/** Position of `token` at or after `from`, where only white space, comments and the characters in `skip` may come before. */
export function findToken(code: string, from: number, token: string, skip = ''): number {
  let at = from;
  while (at < code.length) {
    if (code.startsWith(token, at)) return at;
    const next = skipBlank(code, at);
    if (next > at) at = next;
    else if (skip.includes(code.charAt(at))) at++;
    else break;
  }
  throw new Error(`no ${token} after offset ${from}`);
}

/** Position of the last `)` of those that follow `from` with nothing but white space and comments in between. */
export function lastParenthesis(code: string, from: number): number {
  let found = findToken(code, from, ')');
  for (;;) {
    const next = skipAllBlank(code, found + 1);
    if (code.charAt(next) !== ')') return found;
    found = next;
  }
}

function skipAllBlank(code: string, from: number): number {
  let at = from;
  for (let next = skipBlank(code, at); next > at; next = skipBlank(code, at)) at = next;
  return at;
}

/** Past one run of white space or one comment. */
function skipBlank(code: string, at: number): number {
  if (code.startsWith('//', at)) {
    const end = code.indexOf('\n', at);
    return end < 0 ? code.length : end;
  }
  if (code.startsWith('/*', at)) return code.indexOf('*/', at) + 2;
  const space = /\s*/y;
  space.lastIndex = at;
  return at + (space.exec(code)?.[0].length ?? 0);
}
