const KEY = 'model-platform.folder-upload';

/** A publish that began on this page and did not come to its end. */
export interface RememberedUpload {
  name: string;
  number: number;
}

/** Keeps it over a reload; `undefined` once it ended. */
export function rememberUpload(upload: RememberedUpload | undefined): void {
  if (upload) localStorage.setItem(KEY, JSON.stringify(upload));
  else localStorage.removeItem(KEY);
}

/** What was cut off, if anything was. */
export function rememberedUpload(): RememberedUpload | undefined {
  const text = localStorage.getItem(KEY);
  return text === null ? undefined : JSON.parse(text);
}
