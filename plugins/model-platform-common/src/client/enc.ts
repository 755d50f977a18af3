/** A name as one segment of a path. */
export const enc = encodeURIComponent;
