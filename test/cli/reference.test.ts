import { describe, expect, it } from 'vitest';
import { commands } from '../../src/cli/commands.ts';
import { renderReference } from '../../src/cli/reference.ts';
import { errorRegistry, exitCodes, LoadError, type ErrorCode } from '../../src/errors.ts';

it('docs/commands.md is what the code declares (npm run docs writes it)', async () => {
  await expect(renderReference(commands)).toMatchFileSnapshot('../../docs/commands.md');
});

describe('the error registry', () => {
  it('gives every error a documented exit code', () => {
    for (const [code, { exitCode }] of Object.entries(errorRegistry)) {
      expect(exitCodes).toHaveProperty(String(exitCode));
      expect(new LoadError(code as ErrorCode, 'x')).toMatchObject({ code, exitCode, message: 'x' });
    }
  });

  it('says what to do about each', () => {
    for (const { hint, meaning } of Object.values(errorRegistry)) {
      expect(hint.length).toBeGreaterThan(20);
      expect(meaning).not.toBe('');
    }
  });
});
