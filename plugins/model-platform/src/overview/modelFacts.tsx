import { ReactNode } from 'react';
import { Link } from '@backstage/ui';
import { Model } from '@model-platform/plugin-model-platform-common';
import { Fact } from '@model-platform/plugin-model-platform-react';
import { toText } from '../shared/toText';
import { RefLink } from '../shared/RefLink';

const PERSONAL_DATA: Record<string, string> = {
  none: 'no personal data',
  pseudonymised: 'pseudonymised personal data',
  yes: 'personal data',
};

/** Fields that have a place of their own; all others follow under their names. */
const KNOWN = [
  'purpose',
  'audience',
  'method',
  'data',
  'theme',
  'risk',
  'limitations',
];

/** A model's mandatory metadata as people say it. */
export function modelFacts(model: Model): { purpose: string; facts: Fact[] } {
  const metadata = model.metadata ?? {};
  const others = Object.entries(metadata).filter(
    ([name]) => !KNOWN.includes(name),
  );
  return {
    purpose: toText(metadata.purpose),
    facts: model.metadata
      ? [
          { name: 'For whom', value: toText(metadata.audience) },
          { name: 'How', value: toText(metadata.method) },
          { name: 'On which data', value: dataOf(metadata.data) },
          { name: 'Theme', value: toText(metadata.theme) },
          { name: 'Risk', value: riskOf(metadata.risk) },
          { name: 'Limitations', value: toText(metadata.limitations) },
          ...others.map(([name, value]) => ({
            name: nameOf(name),
            value: toText(value),
          })),
          { name: 'Who sees it', value: visibilityOf(model) },
        ]
      : [],
  };
}

function dataOf(data: unknown): ReactNode {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    return toText(data);
  }
  const { sources, personalData, period, ...rest } = data as Record<
    string,
    unknown
  >;
  const facts = [
    PERSONAL_DATA[toText(personalData)] ?? toText(personalData),
    period !== undefined && `period ${toText(period)}`,
    toText(Object.keys(rest).length > 0 ? rest : undefined),
  ].filter(Boolean);
  return (
    <>
      {[sources ?? []].flat().map((source, index) => (
        <span key={toText(source)}>
          {index > 0 && ', '}
          {sourceOf(toText(source))}
        </span>
      ))}
      {facts.length > 0 && ` (${facts.join(', ')})`}
    </>
  );
}

function sourceOf(source: string): ReactNode {
  return /^https?:\/\//.test(source) ? (
    <Link href={source}>{source.replace(/^https?:\/\//, '')}</Link>
  ) : (
    source
  );
}

function riskOf(risk: unknown): string {
  if (typeof risk === 'object' && risk !== null && 'level' in risk) {
    const { level, reason } = risk as { level: unknown; reason?: unknown };
    return reason ? `${toText(level)}: ${toText(reason)}` : toText(level);
  }
  return toText(risk);
}

function visibilityOf(model: Model): ReactNode {
  if (model.visibility === 'everyone') return 'Everyone who is signed in';
  return (
    <>
      Members of <RefLink entityRef={model.owner} /> and of system{' '}
      <RefLink entityRef={model.system} defaultKind="system" />
      {model.sharedWith.map(ref => (
        <span key={ref}>
          , <RefLink entityRef={ref} />
        </span>
      ))}
    </>
  );
}

/** `reviewedBy` as `Reviewed by`. */
function nameOf(field: string): string {
  const words = field.replace(/([a-z])([A-Z])/g, '$1 $2').replace(/_/g, ' ');
  return (
    words.charAt(0).toLocaleUpperCase('en-US') + words.slice(1).toLowerCase()
  );
}
