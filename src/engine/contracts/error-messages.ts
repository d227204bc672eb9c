/**
 * V8's error messages in the words k6 users know (its JavaScript engine's), so that logs can be searched for and scripts
 * that look into `e.message` behave. Only messages whose counterpart is known are changed.
 */

interface Rewording {
  readonly pattern: RegExp;
  readonly to: string;
}

const NOT_OBJECT = 'Cannot convert undefined or null to object';
const NOT_ITERABLE = 'object is not iterable';
const RE2 = 'Invalid regular expression (re2): ';
const NAME = '[\\p{ID_Start}$_][\\p{ID_Continue}$]*';

const rules = (...list: readonly (readonly [RegExp, string])[]): Rewording[] =>
  list.map(([pattern, to]) => ({ pattern, to }));

const BY_NAME: Readonly<Record<string, readonly Rewording[]>> = {
  TypeError: rules(
    [
      /^Cannot read properties of (?:undefined|null) \(reading 'Symbol\((.*)\)'\)$/s,
      "Cannot read property '$1' of undefined",
    ],
    [/^Cannot read properties of (?:undefined|null) \(reading '(.*)'\)$/s, "Cannot read property '$1' of undefined"],
    [/^Cannot read properties of (?:undefined|null)$/, 'Cannot read property of undefined or null'],
    [/^Cannot set properties of (?:undefined|null)(?: \(setting '.*'\))?$/s, NOT_OBJECT],
    [/^Cannot destructure .* as it is (?:undefined|null)\.$/s, 'Value is not object coercible'],
    // Builtins say what they were given, calls how the callee is written; its last member is what the object lacks.
    [/^(undefined|null|true|false|-?\d[\d.]*|NaN) is not a function$/, 'Value is not an object: $1'],
    [/^#<(.*)> is not a function$/, 'Value is not callable: [object $1]'],
    [/^\{(?:.*)\} is not a function$/s, 'Not a function: [object Object]'],
    [/^Promise resolver (undefined|null|true|false|-?\d[\d.]*) is not a function$/, 'Value is not an object: $1'],
    [/^Promise resolver .* is not a function$/s, 'Value is not callable: [object Object]'],
    [/^'(.*)' returned for property '.*' of object '.*' is not a function$/s, '$1 is not a method'],
    [/^"(.*)" is not a function$/s, 'Value is not an object: $1'],
    [/^.+\.([^.()[\]{}"'`]+) is not a function$/s, "Object has no member '$1'"],
    [/^.+\[(\d+)\] is not a function$/s, "Object has no member '$1'"],
    [/^.* is not a function$/s, 'Value is not an object: undefined'],

    [/^.* is not a function or its return value is not iterable$/s, NOT_ITERABLE],
    [/^(?:undefined|null|\(void 0\)|object null) is not iterable.*$/s, NOT_OBJECT],
    [
      /^(?:number|string|boolean|object|symbol|bigint|function|\{|\[|-?\d|Spread syntax requires).* (?:is not iterable|to be a function).*$/s,
      NOT_ITERABLE,
    ],
    // An element that `for` takes apart.
    [/^\.for is not iterable$/, NOT_ITERABLE],
    [/^.* is not iterable.*$/s, NOT_OBJECT],
    [/^Iterator value (.*) is not an entry object$/s, 'Value is not an object: $1'],
    [/^Result of the Symbol\.iterator method is not an object$/, 'Value is not an object'],
    [/^Super constructor .* is not a constructor$/s, 'Super constructor is not a constructor'],
    [/^Class extends value .* is not a constructor or null$/s, 'Class extends value is not a constructor or null'],
    [/^(null|true|false|-?\d[\d.]*|NaN) is not a constructor$/, 'Value is not an object: $1'],
    [/^"(.*)" is not a constructor$/s, 'Value is not an object: $1'],
    [/^BigInt is not a constructor$/, 'BigInt is not a constructor'],
    [/^\(intermediate value\) is not a constructor$/, 'Value is not a constructor'],
    // What the language's own namespaces have are functions.
    [/^(?:JSON|Math|Reflect|Atomics)\.\w+ is not a constructor$/, 'Value is not a constructor'],
    [new RegExp(`^.*\\.(?:${NAME}) is not a constructor$`, 'su'), 'Value is not an object: undefined'],
    [/^Symbol is not a constructor$/, 'Symbol is not a constructor'],
    [/^(?:undefined|\(void 0\)|\(intermediate value\).*) is not a constructor$/s, 'Value is not an object: undefined'],
    // Nothing, as a rule: a class that was not found.
    [new RegExp(`^${NAME} is not a constructor$`, 'u'), 'Value is not an object: undefined'],
    [/^.* is not a constructor$/s, 'Value is not a constructor'],
    [/^Class constructor GuestPromise cannot be invoked.*$/, "Constructor Promise requires 'new'"],
    [/^Promise constructor cannot be invoked without 'new'$/, "Constructor Promise requires 'new'"],
    [
      /^Constructor (?:(?:Big)?(?:Int|Uint|Float)\d+|Uint8Clamped)Array requires 'new'$/,
      "Constructor TypedArray requires 'new'",
    ],
    [/^Class constructor .* cannot be invoked without 'new'$/s, "Class constructor cannot be invoked without 'new'"],
    [/^Cannot use 'in' operator to search for '.*' in (.*)$/s, 'Value is not an object: $1'],
    [
      /^Right-hand side of 'instanceof' is not callable$/,
      'Expecting a function in instanceof check, but got [object Object]',
    ],
    [/^Right-hand side of 'instanceof' is not an object$/, 'Value is not an object: undefined'],
    [/^Function has non-object prototype .* in instanceof check$/s, 'prototype is not an object'],
    [/^Cannot assign to read only property 'length' of object '\[object Array\]'$/, 'length is not writable'],
    // k6's engine says nothing more about the elements of a frozen array.
    [/^Cannot assign to read only property '\d+' of object '\[object Array\]'$/, ''],
    [
      /^Cannot assign to read only property '(.*)' of (?:object|string|function) '.*'$/s,
      "Cannot assign to read only property '$1'",
    ],
    [/^Cannot set property (.*) of .* which has only a getter$/s, "Cannot assign to read only property '$1'"],
    [
      /^'set' on proxy: trap returned falsish for property '(.*)'$/s,
      "'set' on proxy: trap returned falsish for property '$1'",
    ],
    [/^(Cannot delete property 'length' of \[object Array\])$/, '$1'],
    [/^Cannot delete property '(.*)' of .*$/s, "Cannot delete property '$1' of [object Object]"],
    [/^Cannot create property '.*' on (?:string|number|boolean) '(.*)'$/s, 'Receiver is not an object: $1'],
    [/^Receiver must be (?:an object|class .*)$/s, 'Value is not an object'],
    [
      /^Invalid property descriptor\. Cannot both specify .*$/s,
      'Invalid property descriptor. Cannot both specify accessors and a value or writable attribute',
    ],
    [/^(Converting circular structure to JSON)\n.*$/s, '$1'],
    [
      /^Cannot write private member (\S+) to an object whose class did not declare it$/,
      'Cannot write private member $1 from an object whose class did not declare it',
    ],
    [/^Cannot perform '.*' on a proxy that has been revoked$/, 'Proxy already revoked'],
    [/^String\.prototype\.\w+ called on null or undefined$/, 'Value is not object coercible'],
    [/^Object\.setPrototypeOf called on null or undefined$/, 'Value is not object coercible'],
    [/^Array\.prototype\.\w+ called on null or undefined$/, NOT_OBJECT],
    [/^(Method .* called on incompatible receiver) #<Object>$/, '$1 [object Object]'],
    [/^(String\.prototype\.\w+) requires that 'this' be a String$/, '$1 is called on incompatible receiver'],
    [
      /^((?:Boolean|Symbol)\.prototype\.\w+) requires that 'this' be a \w+$/,
      'Method $1 is called on incompatible receiver',
    ],
    [/^Number\.prototype\.toString requires that 'this' be a Number$/, 'Value is not a number'],
    [/^[GS]etter must be a function: (null|true|false|-?\d[\d.]*|NaN)$/, 'Value is not an object: $1'],
    [
      /^Function\.prototype\.apply was called on (.*), which is a (?:number|string|boolean) and not a function$/s,
      'Value is not an object: $1',
    ],
    [/^Cannot convert Symbol\(.*\) to a BigInt$/s, 'Cannot convert Symbol to a BigInt'],
    [/^Generator is already running$/, 'Illegal generator state'],
    [/^String\.prototype\.matchAll called with a non-global RegExp argument$/, "RegExp doesn't have global flag set"],
    [/^Reduce of empty array with no initial value$/, 'No initial value'],
    [/^flatMap mapper function is not callable$/, 'Value is not an object: undefined'],
    [/^Invalid value used (?:as weak map key|in weak set)$/, 'Value is not an object'],
    [/^#<(.*)> is not extensible$/, '[object $1] is not extensible'],
  ),
  ReferenceError: rules(
    [/^Cannot access '.*' before initialization$/, 'Cannot access a variable before initialization'],
    [
      /^Must call super constructor in derived class before accessing 'this' or returning from derived constructor$/,
      "Must call super constructor in derived class before accessing 'this'",
    ],
  ),
  RangeError: rules(
    [/^Invalid count value: .*$/, 'Invalid count value'],
    [/^toFixed\(\) digits argument must be between 0 and 100$/, 'toFixed() precision must be between 0 and 100'],
    [/^(toPrecision|toExponential)\(\) argument must be (.*)$/, '$1() precision must be $2'],
    [/^(?:undefined must be positive|Exponent must be (?:positive|non-negative))$/, 'exponent must be positive'],
    [/^(The normalization form should be one of .*)\.$/, '$1'],
    // Of a typed array's set(): as a rule its source is too large.
    [/^offset is out of bounds$/, 'Source is too large'],
    [/^Invalid index : (.*)$/, 'Invalid index $1'],
    [/^Invalid typed array length: (.*)$/, 'Invalid index $1'],
    [/^byte length of (.*)$/, 'Byte length of $1'],
    [/^start offset of (.*)$/, 'Start offset of $1'],
    [/^The number (.*) cannot be converted to a BigInt because it is not an integer$/, 'Cannot convert $1 to a BigInt'],
  ),
  SyntaxError: rules(
    [
      /^Invalid regular expression: \/(([*+?]).*)\/\w*: Nothing to repeat$/s,
      `${RE2}$1 (error parsing regexp: missing argument to repetition operator: \`$2\`)`,
    ],
    [
      /^Invalid regular expression: \/(.*)\/\w*: \\ at end of pattern$/s,
      `${RE2}$1 (error parsing regexp: trailing backslash at end of expression: \`\`)`,
    ],
    [/^Invalid regular expression: \/.*\/\w*: ((?:Unterminated|Unmatched) .*|Invalid group)$/s, '$1'],
  ),
  URIError: rules([/^URI malformed$/, 'Malformed URI']),
};

const READ = /^Cannot read property '(.*)' of undefined$/s;

/** How the source uses a property: it is called, it stands in a pattern, or it is read. */
export type PropertyUse = 'call' | 'pattern' | 'read';

/**
 * The message k6 would show for one of V8's own errors; any other message is returned unchanged.
 * @param useOf tells how a property that could not be read was used
 */
export function k6Message(name: string, message: string, useOf?: (property: string) => PropertyUse): string {
  for (const { pattern, to } of BY_NAME[name] ?? []) {
    if (!pattern.test(message)) continue;
    const worded = message.replace(pattern, to);
    const [, property] = READ.exec(worded) ?? [];
    // k6's engine does not say so of an element.
    if (property === undefined || /^\d+$/.test(property)) return worded;
    const use = useOf?.(property);
    if (use === 'pattern') return 'Value is not object coercible';
    return use === 'call' ? `${worded} or null` : worded;
  }
  return message;
}
