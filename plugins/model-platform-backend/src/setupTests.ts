// A busy machine takes its time over databases, files and other programs.
jest.setTimeout(60_000);
