/** A seeded source of uniform numbers in [0, 1): xoshiro128** (Blackman & Vigna 2018), so that every verdict repeats. */
export type Random = () => number;

export function seededRandom(seed: number): Random {
  // The four words come from splitmix32, as the authors advise for short seeds.
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return (z ^ (z >>> 16)) >>> 0;
  };
  let [a, b, c, d] = [next(), next(), next(), next()];
  return () => {
    const product = Math.imul(b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return result / 2 ** 32;
  };
}

/** A whole number in [0, below). */
export const randomIndex = (random: Random, below: number): number => Math.floor(random() * below);
