// The command lines of scripts/ and bench/: --help tells what a script does, and what it does not know is refused with
// exit code 2 before anything is done.
import { parseArgs } from 'node:util';

/**
 * @param {string} help what the script does and takes; its first line says how it is called
 * @param {import('node:util').ParseArgsOptionsConfig} options as for parseArgs; `number: true` asks for one above zero
 * @param {readonly string[] | undefined} words what may be named without dashes; `name=` takes a number or, as
 *   `name=…`, anything
 * @returns the options' values, numbers as numbers, and the words
 */
export function readArguments(help, options = {}, words = []) {
  const refuse = (problem) => {
    console.error(`${problem}\n\n${help.trim()}`);
    process.exit(2);
  };
  let parsed;
  try {
    parsed = parseArgs({ options: { ...options, help: { type: 'boolean', short: 'h' } }, allowPositionals: true });
  } catch (error) {
    return refuse(error.message.replace(/\. To specify a positional argument.*/s, ''));
  }
  const { values, positionals } = parsed;
  if (values.help) {
    console.log(help.trim());
    process.exit(0);
  }
  for (const [name, { number }] of Object.entries(options)) {
    if (!number || values[name] === undefined) continue;
    if (!(Number(values[name]) > 0)) refuse(`--${name} takes a number above zero, not '${values[name]}'`);
    values[name] = Number(values[name]);
  }
  for (const word of positionals) {
    const [, name, value] = /^([^=]*)(?:=(.*))?$/s.exec(word);
    if (value === undefined ? words.includes(word) : words.includes(`${name}=…`)) continue;
    if (value === undefined || !words.includes(`${name}=`)) refuse(`unknown argument '${word}'`);
    if (!(Number(value) > 0)) refuse(`${name}= takes a number above zero, not '${value}'`);
  }
  return { values, words: positionals };
}
