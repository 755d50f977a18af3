/**
 * Does it at once, and again as soon as so many milliseconds have passed where
 * it was asked for meanwhile: many askings in a burst are one, and none is lost.
 */
export function atMostEvery(ms: number, work: () => void): () => void {
  let resting = false;
  let asked = false;
  const ask = () => {
    asked = true;
    if (resting) return;
    asked = false;
    resting = true;
    setTimeout(() => {
      resting = false;
      if (asked) ask();
    }, ms).unref();
    work();
  };
  return ask;
}
