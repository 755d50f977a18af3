import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { Logger } from '../Logger';

/** From now on what code prints is a log line: one a call. */
export function takeOverConsole(logger: Logger) {
  const lines = (level: 'info' | 'warn') =>
    new Writable({
      decodeStrings: false,
      write(text: string, _encoding, done) {
        if (text.trim()) logger[level](text.trimEnd());
        done();
      },
    });
  globalThis.console = new Console({
    stdout: lines('info'),
    stderr: lines('warn'),
    colorMode: false,
  });
}
