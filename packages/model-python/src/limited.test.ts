import { limited } from './limited';
import { run } from './run';

jest.setTimeout(60_000);

describe('limited', () => {
  it('goes after others, and may not take the memory of the machine', async () => {
    const nice = await run('nice', []);
    expect(Number(await run(...limited('nice', [])))).toBe(
      Math.min(Number(nice) + 10, 19),
    );
    const take = (gigabytes: number) =>
      run(
        ...limited('python3', [
          ...['-I', '-c', `import mmap; mmap.mmap(-1, ${gigabytes} << 30)`],
        ]),
      );
    await take(1);
    await expect(take(9)).rejects.toThrow(/Cannot allocate memory/);
  });

  it('tells what the program says, and takes its arguments as they are', async () => {
    expect(await run(...limited('printf', ['%s|', 'a b', '$HOME;']))).toBe(
      'a b|$HOME;|',
    );
    await expect(run(...limited('no-such-program', []))).rejects.toThrow(
      /no-such-program/,
    );
  });
});
