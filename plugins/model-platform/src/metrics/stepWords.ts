/** A width of time buckets in words: `hour`, `5 minutes`. */
export function stepWords(stepSeconds: number): string {
  const units = [
    { seconds: 86_400, one: 'day', many: 'days' },
    { seconds: 3600, one: 'hour', many: 'hours' },
    { seconds: 60, one: 'minute', many: 'minutes' },
    { seconds: 1, one: 'second', many: 'seconds' },
  ];
  for (const { seconds, one, many } of units) {
    if (stepSeconds >= seconds && stepSeconds % seconds === 0) {
      const count = stepSeconds / seconds;
      return count === 1 ? one : `${count} ${many}`;
    }
  }
  return `${stepSeconds} seconds`;
}
