/** A day as RFC 3339 writes it; whether there is this day the pattern does not say. */
export const datePattern = '^(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}$';
/** A moment as RFC 3339 writes it, with its zone, to the microsecond at most. */
export const datetimePattern =
  '^(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]{1,6})?(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])$';
export const base64Pattern =
  '^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$';
