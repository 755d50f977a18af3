import { useEffect, useRef } from 'react';
import { DateTime } from 'luxon';
import {
  logDetails,
  LogLine,
} from '@model-platform/plugin-model-platform-common';
import { LogLevel } from './logLevels';

const COLORS: Record<LogLevel, string> = {
  debug: 'var(--bui-fg-secondary)',
  info: 'var(--bui-fg-primary)',
  warn: 'var(--bui-fg-warning)',
  error: 'var(--bui-fg-negative)',
};

/** Distance from the end, in pixels, within which new lines pull the view along. */
const NEAR_END_PX = 40;

/** Lines of a log, newest last; stays at the end unless one scrolled up. */
export function LogLines(props: {
  lines: LogLine[];
  label: string;
  showsRunner: boolean;
}) {
  const { lines, label, showsRunner } = props;
  const box = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);

  useEffect(() => {
    if (box.current && isAtEnd.current) {
      box.current.scrollTop = box.current.scrollHeight;
    }
  }, [lines]);

  return (
    <div
      ref={box}
      role="log"
      aria-label={label}
      // Read on demand: a runner can write faster than anybody listens.
      aria-live="off"
      tabIndex={0}
      onScroll={({ currentTarget: target }) => {
        isAtEnd.current =
          target.scrollHeight - target.scrollTop - target.clientHeight <
          NEAR_END_PX;
      }}
      style={{
        background: 'var(--bui-bg-neutral-1)',
        border: '1px solid var(--bui-border-1)',
        borderRadius: 'var(--bui-radius-2)',
        fontFamily: 'var(--bui-font-monospace)',
        fontSize: 'var(--bui-font-size-2)',
        height: '60vh',
        lineHeight: 1.6,
        overflow: 'auto',
        padding: 'var(--bui-space-3)',
      }}
    >
      {lines.map((line, index) => {
        const details = logDetails(line);
        return (
          <div
            key={`${line.at} ${index}`}
            style={{
              color: COLORS[line.level],
              overflowWrap: 'anywhere',
              whiteSpace: 'pre-wrap',
            }}
          >
            <time
              dateTime={line.at}
              title={line.at}
              style={{ color: 'var(--bui-fg-secondary)' }}
            >
              {DateTime.fromISO(line.at).toFormat('HH:mm:ss.SSS')}
            </time>{' '}
            <b>{line.level.toUpperCase().padEnd(5)}</b>{' '}
            {showsRunner && (
              <span style={{ color: 'var(--bui-fg-secondary)' }}>
                {line.runner}{' '}
              </span>
            )}
            {line.step && (
              <span style={{ color: 'var(--bui-fg-secondary)' }}>
                {line.step}{' '}
              </span>
            )}
            {line.message}
            {line.requestId && (
              <span style={{ color: 'var(--bui-fg-secondary)' }}>
                {' '}
                request {line.requestId}
              </span>
            )}
            {details && (
              <span style={{ color: 'var(--bui-fg-secondary)' }}>
                {' '}
                {details}
              </span>
            )}
          </div>
        );
      })}
    </div>
  );
}
