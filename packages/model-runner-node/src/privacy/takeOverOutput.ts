import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { Logger } from '../Logger';

/**
 * From now on all that this process writes is log lines, one a call: what is
 * printed, warned of, and the last words of a failure that nobody caught.
 */
export function takeOverOutput(logger: Logger) {
  const print = (level: 'info' | 'warn', text: string) => {
    if (text.trim()) logger[level](text.trimEnd());
  };
  const lines = (level: 'info' | 'warn') =>
    new Writable({
      decodeStrings: false,
      write(text: string, _encoding, done) {
        print(level, text);
        done();
      },
    });
  globalThis.console = new Console({
    stdout: lines('info'),
    stderr: lines('warn'),
    colorMode: false,
  });
  const writer =
    (level: 'info' | 'warn') =>
    (
      chunk: string | Uint8Array,
      encoding?: BufferEncoding | (() => void),
      done?: () => void,
    ) => {
      print(
        level,
        typeof chunk === 'string' ? chunk : String(Buffer.from(chunk)),
      );
      const callback = typeof encoding === 'function' ? encoding : done;
      if (callback) process.nextTick(callback);
      return true;
    };
  process.stdout.write = writer('info');
  process.stderr.write = writer('warn');
  // Node's own listener prints past all of that.
  process.removeAllListeners('warning');
  process.on('warning', warning => logger.warn(String(warning)));
  process.on('uncaughtException', error => {
    const reason = error instanceof Error ? error.message : error;
    logger.error(`failed outside of a call: ${reason}`, { stack: error });
    process.exit(1);
  });
}
