/** Names the fast form adds to a program, and the prelude that binds them. */

/**
 * What a fast program takes from `$env.fast`; implemented by `guest/runtime/fast/program.ts`.
 *
 * - `P` the brand of a suspended call; `f0…f4`, `fs` call a function, `c0…c4`, `cs` a method, with that many arguments or a list
 * - `r` runs a suspendable form to its end while the thread stands still; `m` starts one
 * - `st`, `sb`, `a`, `cm` give functions their suspendable forms; `gf`, `gs`, `gn`, `ga` make generator functions
 * - `u`, `de` yield from a generator of the script; `of`, `nx`, `cl`, `th` drive iterators; `sp`, `tk` drain them
 * - `as` calls an async function's twin; `ad`, `af`, `aa`, `ax` make async functions; `aw` marks an awaited value; `np` makes
 *   a promise whose executor may suspend
 * - `nw` makes an instance of what has a body that can wait, `su` goes on with the body of its super class; `df` sets
 *   a field, `cc` and `ci` tell a class's body, `sk` is the argument of a constructor that is to make an instance only
 * - `ty` is called now and then by loops
 */
export const RUNTIME_NAMES = [
  'P',
  'f0',
  'f1',
  'f2',
  'f3',
  'f4',
  'fs',
  'c0',
  'c1',
  'c2',
  'c3',
  'c4',
  'cs',
  'r',
  'm',
  'ap',
  'st',
  'sb',
  'a',
  'cm',
  'gf',
  'gs',
  'gn',
  'ga',
  'u',
  'de',
  'of',
  'nx',
  'cl',
  'th',
  'sp',
  'tk',
  'tt',
  'ty',
  'as',
  'ad',
  'af',
  'aa',
  'ax',
  'aw',
  'np',
  'nw',
  'su',
  'cc',
  'ci',
  'df',
  'sk',
] as const;

export type RuntimeName = (typeof RUNTIME_NAMES)[number];

/** Turns of a loop between two looks at the clock. */
const TICK_BUDGET = 20_000;

export type StubKind =
  | 'arrow'
  | 'arrow-this'
  | 'function'
  | 'self'
  | 'method'
  | 'generator'
  | 'generator-self'
  | 'async'
  | 'async-arrow'
  | 'async-self';

/** A suspendable call site: what error messages call its callee. */
interface Site {
  readonly callee: string;
  /** Name of the function it stands in. */
  readonly around: string;
  /** Of the call in the exact form. */
  readonly offset: number;
}

export class Names {
  /** Occurs nowhere in the program, so that whatever starts with it is ours. */
  readonly prefix: string;
  readonly #used = new Set<RuntimeName>();
  readonly #factories = new Map<string, string>();
  readonly sites: Site[] = [];
  ticking = false;

  constructor(code: string) {
    let prefix = '$$';
    for (let i = 0; code.includes(prefix); i++) prefix = `$$${i}$`;
    this.prefix = prefix;
  }

  /** A name of the runtime, bound in the prelude. */
  rt(name: RuntimeName): string {
    this.#used.add(name);
    return this.prefix + name;
  }

  /** A name of ours that no other call of this method gives for another suffix. */
  own(suffix: string): string {
    return `${this.prefix}_${suffix}`;
  }

  site(site: Site): number {
    this.sites.push(site);
    return this.sites.length;
  }

  /** `expression === PENDING ? yield : its value`; `value` is the expression's text in two halves around the original's. */
  suspend(site: number): readonly [open: string, close: string] {
    const x = this.own('x');
    return [`((${x}=`, `)===${this.rt('P')}?yield ${site}:${x})`];
  }

  /** Name of a function that makes, of a suspendable form, the function that the script sees. */
  factory(kind: StubKind, name: string, length: number): string {
    const key = `${kind} ${length} ${name}`;
    let found = this.#factories.get(key);
    if (found === undefined) {
      found = this.own(`k${this.#factories.size}`);
      this.#factories.set(key, found);
      this.#factoryText(kind, name, length);
    }
    return found;
  }

  dummies(length: number): string {
    return Array.from({ length }, (_, i) => this.own(`p${i}`)).join(',');
  }

  #factoryText(kind: StubKind, name: string, length: number): string {
    const key = JSON.stringify(name);
    const list = this.dummies(length);
    const all = list === '' ? '...$r' : `${list},...$r`;
    const [r, ap, st] = [this.rt('r'), this.rt('ap'), this.rt('st')];
    const own = `(${list}){return ${r}(${ap}(G,this,arguments))}`;
    switch (kind) {
      case 'arrow':
        return `G=>${st}({${key}:(${all})=>${r}(G(${all}))}[${key}],G)`;
      case 'arrow-this':
        return `(G,T)=>${this.rt('sb')}({${key}:(${all})=>${r}(${ap}(G,T,[${all}]))}[${key}],G,T)`;
      case 'function':
        return `G=>${st}({${key}:function${own}}[${key}],G)`;
      case 'self':
        return `m=>{const f={${key}:function${own}}[${key}],G=m(f);return ${st}(f,G)}`;
      case 'method':
        return `G=>${st}({${key}${own}}[${key}],G)`;
      case 'generator':
        return `G=>${this.rt('gf')}(G,${key},${length})`;
      case 'async':
        return `G=>${this.rt('af')}(G,${key},${length})`;
      case 'async-arrow':
        return `(G,T)=>${this.rt('aa')}(G,${key},${length},T)`;
      case 'async-self':
        return `m=>${this.rt('ax')}(m,${key},${length})`;
      case 'generator-self':
        return `m=>${this.rt('gs')}(m,${key},${length})`;
    }
  }

  /** Declarations for the start of the program's function. */
  prelude(env: string): string {
    const factories = [...this.#factories].map(([key, variable]) => {
      const [kind, length, ...rest] = key.split(' ');
      return `${variable}=${this.#factoryText(kind as StubKind, rest.join(' '), Number(length))}`;
    });
    const bound = [...this.#used].map((name) => `${name}:${this.prefix}${name}`);
    const constants = [`{${bound.join(',')}}=${env}.fast`, ...factories].join(',');
    const sites = this.sites.length > 0 ? `${env}.fast.sites(${this.own('s')});` : '';
    return `const ${constants};${sites}${this.ticking ? `let ${this.own('n')}=${TICK_BUDGET};` : ''}`;
  }

  /** A statement for the head of a loop's body. */
  tick(): string {
    this.ticking = true;
    const n = this.own('n');
    return `if(!--${n}){${n}=${TICK_BUDGET};${this.rt('ty')}()===${this.rt('P')}&&(yield 0)}`;
  }
}
