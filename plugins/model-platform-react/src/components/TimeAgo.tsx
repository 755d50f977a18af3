import { DateTime } from 'luxon';

/** A time as people say it, with the exact one on hover. @public */
export function TimeAgo(props: { at: string | undefined; none?: string }) {
  const { at, none = 'never' } = props;
  if (!at) return <span>{none}</span>;
  const time = DateTime.fromISO(at);
  if (!time.isValid) return <span>{at}</span>;
  // Days as long as they can be pictured: '90 days' says more than '2 months'.
  const days = Math.abs(time.diffNow().as('days'));
  const unit = days >= 1 && days < 100 ? 'days' : undefined;
  return (
    <time
      dateTime={at}
      title={time.toLocaleString(DateTime.DATETIME_FULL_WITH_SECONDS)}
    >
      {/* Clocks differ a little: a moment ahead of ours is now. */}
      {Math.abs(time.diffNow().as('seconds')) < 10
        ? 'just now'
        : time.toRelative({ locale: 'en', unit })}
    </time>
  );
}
