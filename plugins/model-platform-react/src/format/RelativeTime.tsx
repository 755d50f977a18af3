import { DateTime } from 'luxon';

/** `3 hours ago`, with the exact time on hover and for machines. @public */
export function RelativeTime({ at }: { at: string | undefined }) {
  if (!at) return <>never</>;
  const time = DateTime.fromISO(at);
  const exact = time.toLocaleString(DateTime.DATETIME_FULL_WITH_SECONDS);
  const words =
    Math.abs(time.diffNow('seconds').seconds) < 5
      ? 'just now'
      : time.toRelative({ locale: 'en' });
  return (
    <time dateTime={at} title={exact}>
      {words ?? at}
    </time>
  );
}
