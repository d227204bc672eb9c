/**
 * V8's error messages in the words k6 users know (its JavaScript engine's), so that logs can be searched for and scripts
 * that look into `e.message` behave. Only messages whose counterpart is known are changed; V8 says more in the others.
 * Sources: the recorded golden runs and k6's public issue threads.
 */

interface Rewording {
  readonly pattern: RegExp;
  readonly to: string;
}

const BY_NAME: Readonly<Record<string, readonly Rewording[]>> = {
  TypeError: [
    {
      pattern: /^Cannot read properties of (?:undefined|null) \(reading '(.*)'\)$/s,
      to: "Cannot read property '$1' of undefined or null",
    },
    {
      pattern: /^Cannot read properties of (?:undefined|null)$/,
      to: 'Cannot read property of undefined or null',
    },
    {
      pattern: /^Cannot set properties of (?:undefined|null) \(setting '(.*)'\)$/s,
      to: "Cannot set property '$1' of undefined or null",
    },
    // V8 names the callee as written; the last member is what the object lacks.
    { pattern: /^.*\.([\p{ID_Start}$_][\p{ID_Continue}$]*) is not a function$/su, to: "Object has no member '$1'" },
    {
      pattern: /^Cannot assign to read only property '(.*)' of object '.*'$/s,
      to: "Cannot assign to read only property '$1'",
    },
  ],
  ReferenceError: [
    { pattern: /^Cannot access '.*' before initialization$/, to: 'Cannot access a variable before initialization' },
  ],
};

/** The message k6 would show for one of V8's own errors; any other message is returned unchanged. */
export function k6Message(name: string, message: string): string {
  for (const { pattern, to } of BY_NAME[name] ?? []) {
    if (pattern.test(message)) return message.replace(pattern, to);
  }
  return message;
}
