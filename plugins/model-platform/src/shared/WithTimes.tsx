import { Fragment } from 'react';
import { DateTime } from 'luxon';

const ISO_TIME = /(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)/;

/** A sentence of the platform's, its times as clocks here show them. */
export function WithTimes({ text }: { text: string }) {
  return (
    <>
      {text.split(ISO_TIME).map((part, index) =>
        ISO_TIME.test(part) ? (
          <time key={index} dateTime={part}>
            {DateTime.fromISO(part, { locale: 'en' }).toFormat(
              'd LLL, HH:mm:ss',
            )}
          </time>
        ) : (
          <Fragment key={index}>{part}</Fragment>
        ),
      )}
    </>
  );
}
