/** JSON schemas as chai assertions: the module k6chaijs-contracts, on the npm package ajv. Runs inside scripts. */
import { Ajv } from 'ajv';

/** Adds `expect(value).to.matchSchema(schema)` to the chai of k6chaijs. */
export function initContractPlugin(chai: { use(plugin: Chai.ChaiPlugin): unknown }): void {
  chai.use(({ Assertion }, utils) => {
    Assertion.addMethod('matchSchema', function (schema: object) {
      const subject = utils.flag(this, 'object') as { json?: () => unknown };
      const value = typeof subject.json === 'function' ? subject.json() : subject;
      const validate = new Ajv({ strict: false, allErrors: true }).compile(schema);
      const valid = validate(value);
      const problems = (validate.errors ?? []).map(({ instancePath, message = '' }) =>
        `${instancePath} ${message}`.trim(),
      );
      this.assert(valid, 'matches the schema', `does not match the schema: ${problems.join(', ')}`, true);
    });
  });
}
