/** k6's feature flags (`--features`, `K6_FEATURES`, `features` in a config file): what they are and what is known of them. */

export interface Feature {
  readonly lifecycle: 'Experimental' | 'GA' | 'Deprecated';
  readonly description: string;
}

export const features = {
  'native-histograms': {
    lifecycle: 'Experimental',
    description: 'Use native histograms for trend metrics',
  },
  'merge-run-tags': {
    lifecycle: 'Experimental',
    description: 'Merge run tags across config layers instead of replacing',
  },
  'freeze-env': {
    lifecycle: 'Experimental',
    description: 'Freeze __ENV object to prevent modifications from JS code',
  },
} as const satisfies Record<string, Feature>;

export type FeatureName = keyof typeof features;

export function isFeature(name: string): name is FeatureName {
  return Object.hasOwn(features, name);
}

/** The tags that every sample carries while the features are on. */
export function featureTags(names: readonly FeatureName[]): Readonly<Record<string, string>> {
  return Object.fromEntries(names.map((name) => [`k6_feature_${name.replaceAll('-', '_')}`, 'true']));
}
