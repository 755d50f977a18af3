/** A configuration that must not be reached by others, with all that is wrong with it. */
export class UnsafeConfigurationError extends Error {
  readonly name = 'UnsafeConfigurationError';

  constructor(found: string[]) {
    super(
      found.length === 1
        ? `This configuration is not safe to be reached by others: ${found[0]}`
        : [
            'This configuration is not safe to be reached by others:',
            ...found,
          ].join('\n  - '),
    );
  }
}
