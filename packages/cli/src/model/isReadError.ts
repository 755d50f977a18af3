/** Whether the system did not let a file be read, as opposed to what stands in it. */
export function isReadError(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | undefined)?.syscall !== undefined;
}
