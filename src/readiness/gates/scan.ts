/** Image scans: the reports of Trivy, Grype and Snyk as one shape, and the gate on them. */
import { LoadError, messageOf } from '../../errors.ts';
import { containersOf, workloadsOf } from '../manifests/workloads.ts';
import {
  ageInDays,
  field,
  list,
  notChecked,
  judge,
  type Finding,
  type Gate,
  type GateContext,
  type ScanReport,
} from './model.ts';

const maxDays = 7;

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/**
 * @param file its name, for messages and evidence
 * @throws LoadError manifests.invalid when it is no report of these scanners
 */
export function readScan(file: string, text: string): ScanReport {
  let report: unknown;
  try {
    report = JSON.parse(text);
  } catch (error) {
    throw new LoadError('manifests.invalid', `${file} is not JSON: ${messageOf(error)}`, { cause: error });
  }
  const found = trivy(report) ?? grype(report) ?? snyk(report);
  if (found === undefined) {
    throw new LoadError('manifests.invalid', `${file} is no JSON report of Trivy, Grype or Snyk`);
  }
  const { severities, at, ...rest } = found;
  const count = (severity: string): number => severities.filter((one) => one.toLowerCase() === severity).length;
  const time = new Date(at);
  return {
    file,
    ...rest,
    at: Number.isNaN(time.getTime()) ? undefined : time,
    critical: count('critical'),
    high: count('high'),
  };
}

type Found = Pick<ScanReport, 'tool' | 'images'> & { readonly at: string; readonly severities: readonly string[] };

function trivy(report: unknown): Found | undefined {
  const results = field(report, 'Results');
  if (field(report, 'ArtifactName') === undefined || (results !== undefined && !Array.isArray(results)))
    return undefined;
  return {
    tool: 'trivy',
    at: textOf(field(report, 'CreatedAt')),
    images: [field(report, 'ArtifactName'), ...list(field(report, 'Metadata', 'RepoDigests'))].map(textOf),
    severities: list(results).flatMap((result) =>
      list(field(result, 'Vulnerabilities')).map((one) => textOf(field(one, 'Severity'))),
    ),
  };
}

function grype(report: unknown): Found | undefined {
  if (!Array.isArray(field(report, 'matches'))) return undefined;
  const target = field(report, 'source', 'target');
  return {
    tool: 'grype',
    at: textOf(field(report, 'descriptor', 'timestamp')),
    images: [field(target, 'userInput'), ...list(field(target, 'repoDigests'))].map(textOf),
    severities: list(field(report, 'matches')).map((match) => textOf(field(match, 'vulnerability', 'severity'))),
  };
}

function snyk(report: unknown): Found | undefined {
  if (!Array.isArray(field(report, 'vulnerabilities'))) return undefined;
  return {
    tool: 'snyk',
    at: textOf(field(report, 'createdAt')),
    images: [field(report, 'path'), field(report, 'docker', 'image', 'name')].map(textOf),
    severities: list(field(report, 'vulnerabilities')).map((one) => textOf(field(one, 'severity'))),
  };
}

/** Whether a report speaks of this image: by its digest, which nothing else has. */
const speaksOf = (scan: ScanReport, image: string): boolean => {
  const digest = /sha256:[0-9a-f]{64}$/.exec(image)?.[0];
  return scan.images.some((name) => (digest === undefined ? name === image : name.endsWith(digest)));
};

/** The images that the environment runs. */
export function imagesOf({ objects, namespace }: GateContext): string[] {
  const workloads = workloadsOf(objects).filter((workload) => workload.namespace === namespace);
  return [...new Set(workloads.flatMap(containersOf).map(({ image }) => image ?? ''))];
}

export const scanGates: readonly Gate[] = [
  {
    id: 'image-scan',
    area: 'security',
    title: `every image was scanned in the last ${maxDays} days, without critical or high findings`,
    verify: 'trivy image --severity HIGH,CRITICAL IMAGE',
    fix: 'trivy image --format json --output scan.json IMAGE, then --scan scan.json; update what the report names.',
    check(context) {
      const { scans, now } = context;
      if (scans.length === 0) return notChecked('no report was given (--scan FILE, or --trivy)');
      const findings: Finding[] = scans.flatMap(({ file, critical, high, at, tool }): Finding[] => {
        const found: Finding[] = [];
        if (critical + high > 0) found.push({ message: `${tool}: ${critical} critical, ${high} high`, where: file });
        if (at !== undefined && ageInDays(at, now) > maxDays)
          found.push({ message: `made at ${at.toISOString()}`, where: file });
        return found;
      });
      const missing = imagesOf(context).filter((image) => !scans.some((scan) => speaksOf(scan, image)));
      if (findings.length === 0 && missing.length > 0) return notChecked(`no report speaks of ${missing.join(', ')}`);
      const oldest = scans
        .flatMap(({ at }) => (at === undefined ? [] : [at]))
        .sort((a, b) => a.getTime() - b.getTime())[0];
      return { ...judge(findings, `${scans.length} reports`), ...(oldest === undefined ? {} : { observedAt: oldest }) };
    },
  },
];
