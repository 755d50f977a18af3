/** As `npm start` gives it when it ends it itself. */
const GRACE_MS = 15_000;

/**
 * A portal that `npm start` made ends when that process is gone, so that none
 * is left behind; the host goes on serving. Without such a parent it does nothing.
 */
export function stopWithParent() {
  if (!process.send) return;
  process.once('disconnect', () => {
    process.kill(process.pid, 'SIGTERM');
    setTimeout(() => process.exit(1), GRACE_MS).unref();
  });
}
