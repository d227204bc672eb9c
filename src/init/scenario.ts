/** From the requests of one path to a scenario in TypeScript. Whatever comes from a document is written as a literal. */
import { literal } from './literal.ts';
import { camelCase, slugOf, type RequestSketch } from './sketch.ts';

/** The text of the scenario's file. */
export function renderScenario(name: string, path: string, requests: readonly RequestSketch[]): string {
  const parts = requests.map((request) => renderRequest(name, request));
  const imports = ['optionsOf', 'plan', 'send', 'think', 'type Endpoint'];
  if (requests.some(({ shape }) => shape !== undefined && shape.fields !== 'array')) imports.unshift('hasFields');
  return [
    `/** ${requests.map((request) => comment(`${request.method} ${path}`)).join(', ')} */`,
    `import { ${imports.join(', ')} } from 'gravl-load/suite';`,
    '',
    `export { handleSummary } from 'gravl-load/suite';`,
    '',
    `export const options = optionsOf(${literal(name)});`,
    '',
    ...parts.flatMap(({ declarations }) => [...declarations, '']),
    `export default function ${camelCase(`run-${name}`)}(): void {`,
    ...parts.flatMap(({ call }) => [`  ${call}();`, '  think();']),
    '}',
    '',
  ].join('\n');
}

function renderRequest(scenario: string, request: RequestSketch): { declarations: string[]; call: string } {
  const { method, path, shape, status, contentType, headers, body } = request;
  const tag = `${method.toLowerCase()}-${scenario}`;
  const call = camelCase(tag);
  const type = call.charAt(0).toUpperCase() + call.slice(1);
  const settings = [
    ...(method === 'GET' ? [] : [`method: ${literal(method)}`]),
    ...(body === undefined ? [] : [`body: ${literal(body)}`]),
    ...(Object.keys(headers).length === 0 ? [] : [`headers: ${literal(headers)}`]),
    ...(status === 200 ? [] : [`status: ${status}`]),
    ...(contentType === undefined ? [] : [`contentType: ${literal(contentType)}`]),
    ...(shape === undefined ? [] : [`checks: { 'has the expected shape': (body) => is${type}(body) }`]),
  ];
  const values = Object.entries(request.pathValues).map(
    ([name, list]) => `const ${valuesName(call, name)} = ${literal(list)};`,
  );
  return {
    call,
    declarations: [
      `const ${call}Endpoint: Endpoint = ${literal({ name: tag, route: `${method} ${path}`, scenarios: [scenario] })};`,
      ...(shape === undefined
        ? []
        : [
            '',
            `export type ${type} = ${shape.type};`,
            '',
            `const is${type} = (body: unknown): body is ${type} =>`,
            shape.fields === 'array' ? '  Array.isArray(body);' : `  hasFields(body, ${literal(shape.fields)});`,
          ]),
      ...(values.length === 0 ? [] : ['', ...values]),
      '',
      ...request.notes.map((note) => `// ${comment(note)}`),
      ...(method === 'GET' || method === 'HEAD'
        ? []
        : ['// This request changes data: use it only where that does no harm.']),
      `export function ${call}(): void {`,
      `  send(${call}Endpoint, \`\${plan.apiUrl}${urlTemplate(call, request)}\`, {${settings.length === 0 ? '' : '\n'}${settings.map((line) => `    ${line},\n`).join('')}${settings.length === 0 ? '' : '  '}});`,
      '}',
    ],
  };
}

/** The path with a value in each place, and the query, as the inside of a template literal. */
function urlTemplate(call: string, { path, pathValues, query }: RequestSketch): string {
  const inTemplate = (text: string): string => text.replace(/[\\`]|\$\{/g, '\\$&');
  const filled = path
    .split(/(\{[^{}]*\})/)
    .map((part) => {
      const name = part.slice(1, -1);
      if (!part.startsWith('{') || pathValues[name] === undefined) return inTemplate(part);
      const list = valuesName(call, name);
      return `\${encodeURIComponent(${list}[Math.floor(Math.random() * ${list}.length)] ?? '')}`;
    })
    .join('');
  const search = new URLSearchParams(query.map(([name, value]): [string, string] => [name, value])).toString();
  return search === '' ? filled : `${filled}?${inTemplate(search)}`;
}

const valuesName = (call: string, name: string): string => camelCase(`${call}-${slugOf(name)}-values`);

/** One line that cannot end the comment it stands in. */
const comment = (text: string): string => text.replace(/\s+/g, ' ').replaceAll('*/', '*\\/');
