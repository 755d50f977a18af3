import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import { PlainError } from './progress.mjs';

export const sleep = ms => new Promise(resolve => setTimeout(resolve, ms));

let bootId;

/**
 * When a process started, as the operating system tells it; undefined if there
 * is none. Makes a reused pid recognisable. The host writes it down in the same form.
 */
export function startTimeOf(pid) {
  try {
    if (process.platform === 'linux') {
      // The time counts from boot.
      bootId ??= fs
        .readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')
        .trim();
      const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      // The first thread may have ended before others: so long it holds its ports.
      const hasEnded = 'ZX'.includes(fields[0]) && Number(fields[17]) <= 1;
      return hasEnded ? undefined : `${bootId}/${fields[19]}`;
    }
    return (
      execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
        encoding: 'utf8',
      }).trim() || undefined
    );
  } catch {
    return undefined;
  }
}

/** Is it still the process that was written down? */
export const isRunning = ({ pid, startTime } = {}) =>
  pid !== undefined &&
  startTime !== undefined &&
  startTimeOf(pid) === startTime;

/** Ends a process that was written down: asked first, then made to. */
export async function end(record, { graceMs }) {
  if (!isRunning(record)) return;
  signal(record, 'SIGTERM');
  const deadline = Date.now() + graceMs;
  while (isRunning(record) && Date.now() < deadline) await sleep(25);
  if (isRunning(record)) {
    signal(record, 'SIGKILL');
    while (isRunning(record)) await sleep(25);
  }
}

/** It may have ended by itself since it was looked at. */
function signal({ pid }, name) {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** Refuses early, and in words, where a port is taken. */
export async function requireFreePort(port, host, variable) {
  await new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', error =>
      reject(
        error.code === 'EADDRINUSE'
          ? new PlainError(
              `Port ${port} on ${host} is in use. Free it, or set ${variable} to another one.`,
            )
          : new PlainError(
              `Port ${port} on ${host} cannot be used (${error.code}). Set ${variable} to another one.`,
            ),
      ),
    );
    server.listen({ port, host, exclusive: true }, () => server.close(resolve));
  });
}

/** A port from the environment, checked. */
export function portFrom(variable, fallback) {
  const text = process.env[variable];
  if (text === undefined || text === '') return fallback;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new PlainError(
      `${variable} must be a port between 1 and 65535, not '${text}'.`,
    );
  }
  return port;
}

/** What these processes write is for their owner only. */
export function withPrivateFiles(start) {
  const before = process.umask(0o077);
  try {
    return start();
  } finally {
    process.umask(before);
  }
}
