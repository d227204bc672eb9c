import { describe, expect, it } from 'vitest';
import { parseMessage, responseProblem } from '../../../../src/engine/guest/runtime/json-error.ts';

describe('what JSON.parse says', () => {
  it.each([
    ['{bad', "invalid character 'b'"],
    ['', 'Unexpected end of JSON input (EOF)'],
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
    ['[1 2]', "invalid character '2' after array element"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b":2}', `invalid character '"' after object key:value pair`],
    ['{"a":[1,{"b":[', 'Unexpected end of JSON input (EOF)'],
    ['"abc', 'unexpected EOF'],
    ['"a\nb"', "invalid character '\\n' in string literal"],
    ['"\\u12G4"', "invalid character 'G' in \\u hexadecimal character escape"],
    ['trux', "invalid character 'x' in literal true (expecting 'e')"],
    ['<html>', "invalid character '<' looking for beginning of value"],
    ["'a'", "invalid character '\\'' looking for beginning of value"],
    ['1.a', "invalid character 'a' after decimal point in numeric literal"],
    ['{} {}', 'Unexpected token at the end: {'],
    ['1 2', 'Unexpected token at the end: 2'],
    ['{}x', 'Unexpected token at the end: <nil>'],
    ['{"é":é}', "invalid character 'Ã' looking for beginning of value"],
  ])('%s', (text, message) => {
    expect(parseMessage(text)).toBe(message);
  });
});

describe('what response.json() says', () => {
  it.each([
    ['<html>', 1, 1, "invalid character '<' looking for beginning of value"],
    ['{\n "a": x}', 2, 7, "invalid character 'x' looking for beginning of value"],
    ['{"a": [1, 2,', 1, 12, 'unexpected end of JSON input'],
    ['{bad', 1, 2, "invalid character 'b' looking for beginning of object key string"],
    ['{} x', 1, 4, "invalid character 'x' after top-level value"],
  ])('%s', (text, line, column, reason) => {
    expect(responseProblem(text)).toEqual({ line, column, reason });
  });
});
