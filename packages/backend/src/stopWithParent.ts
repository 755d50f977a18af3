/**
 * A portal that `npm start` made ends when that process is gone, so that none
 * is left behind; the host goes on serving. Without such a parent it does nothing.
 */
export function stopWithParent() {
  if (process.send) {
    process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  }
}
