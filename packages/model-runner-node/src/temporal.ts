const DATE = /^(?!0000)\d{4}-\d{2}-\d{2}$/;
const DATETIME =
  /^(?!0000)\d{4}-\d{2}-\d{2}T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** Whether there is this day: `Date` takes 30 February for 2 March. */
function isDay(day: string): boolean {
  const date = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day);
}

/** As RFC 3339 writes a day: `2026-05-01`. */
export const isDate = (text: string) => DATE.test(text) && isDay(text);

/** As RFC 3339 writes a moment, with its zone, to the microsecond at most. */
export const isDatetime = (text: string) =>
  DATETIME.test(text) && isDay(text.slice(0, 10));
