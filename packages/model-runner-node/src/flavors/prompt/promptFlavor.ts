import { RequestError } from '../../RequestError';
import { createAnswerCheck } from '../createAnswerCheck';
import { Call, Flavor, Row, StreamEvent } from '../Flavor';
import { onlyFile } from '../onlyFile';
import { signatureTensors } from '../signatureTensors';
import type { AnswerSchema } from './AnswerSchema';
import { LanguageModel } from './languageModel/LanguageModel';
import { LanguageModelFailure } from './languageModel/LanguageModelFailure';
import { LanguageModelFile } from './languageModel/LanguageModelFile';
import { LanguageModelMetrics } from './languageModel/LanguageModelMetrics';
import { Completion, Usage } from './languageModel/Protocol';
import { TimeLimit } from './languageModel/TimeLimit';
import { mapConcurrently } from './mapConcurrently';
import { PROMPT_FILES, readPromptFile } from './PromptFile';
import { answerOutputs, outputProblems } from './promptOutputs';
import { PromptTemplate } from './PromptTemplate';

/** Prompts: rendered, and run on the language model of the environment where there is one. */
export const promptFlavor: Flavor = {
  name: 'prompt',

  async load(manifest, directory, context) {
    const { inputs, outputs } = manifest.signature;
    const prompt = await readPromptFile(
      onlyFile(
        { files: manifest.files.filter(file => PROMPT_FILES.includes(file)) },
        PROMPT_FILES,
      ),
      directory,
    );
    const template = new PromptTemplate(prompt, inputs);
    const schema = prompt.outputSchema && (await schemaOf(prompt.outputSchema));
    const problems = outputProblems(outputs, schema);
    if (problems.length > 0)
      throw new Error(`The signature does not fit: ${problems.join('; ')}.`);
    const metrics = new LanguageModelMetrics(context.registry);
    const languageModel = new LanguageModelFile(
      context.languageModelFile,
      settings => new LanguageModel(settings, metrics),
    );
    if (!(await languageModel.current()))
      context.logger.warn(
        'no language model is configured: the rendered messages are answered',
      );
    const [textOutput] = answerOutputs(outputs);
    const check = createAnswerCheck(outputs);

    const render = (row: Row) => {
      const messages = template.render(row);
      if (messages.every(({ role }) => role === 'system'))
        throw new RequestError(
          400,
          'Nothing is left to ask the language model: with these inputs all messages are empty.',
        );
      return messages;
    };

    const withNulls = (values: Row): Row => ({
      ...Object.fromEntries(outputs.map(({ name }) => [name, null])),
      ...values,
    });

    /** Said even where the signature does not: else it would be taken for an answer. */
    const uncompleted = (row: Row): Row =>
      withNulls({ completed: false, rendered: render(row) });

    const completed = (answer: Row, completion: Completion): Row => {
      const all: Row = {
        ...answer,
        completed: true,
        finishReason: completion.finishReason,
        usage: completion.usage,
      };
      return Object.fromEntries(
        outputs.map(({ name }) => [name, all[name] ?? null]),
      );
    };

    const toOutputs = (completion: Completion): Row =>
      completed({ [textOutput.name]: completion.text }, completion);

    /** What the caller is told of a failure; the log has its reason. */
    const told = (
      error: unknown,
      { settings }: LanguageModel,
      { requestId }: Call,
    ): unknown => {
      if (!(error instanceof LanguageModelFailure)) return error;
      context.logger.warn('the language model gave no answer', {
        requestId,
        reason: error.kind,
        code: error.options.code,
      });
      return error.toRequestError(settings.timeoutSeconds);
    };

    /** An answer that does not fit is asked for once more. */
    const structured = async (
      row: Row,
      server: LanguageModel,
      fitting: AnswerSchema,
      call: Call,
      limit: TimeLimit,
    ): Promise<Row> => {
      const messages = render(row);
      const request = {
        messages,
        parameters: prompt.parameters,
        outputSchema: fitting.schema,
      };
      const first = await server.complete(request, limit);
      const read = fitting.read(first.text);
      if ('answer' in read) return completed(read.answer, first);
      const second = await server.complete(
        {
          ...request,
          messages: [
            ...messages,
            {
              role: 'user',
              content: `An earlier answer did not fit the JSON Schema: ${read.problems
                .map(({ path, message }) => `${path} ${message}`)
                .join('; ')}. Answer again, with JSON that fits it.`,
            },
          ],
        },
        limit,
      );
      const again = fitting.read(second.text);
      if ('answer' in again)
        return completed(again.answer, {
          ...second,
          usage: sumOf(first.usage, second.usage),
        });
      context.logger.warn('the answer did not fit outputSchema', {
        requestId: call.requestId,
        paths: again.problems.map(({ path }) => path),
        finishReason: second.finishReason,
      });
      const cut =
        second.finishReason === 'length'
          ? ', cut off at the most tokens it may have (maxTokens)'
          : '';
      throw new RequestError(
        502,
        `The language model answered twice what does not fit the prompt's outputSchema${cut}: ${again.problems[0].path} ${again.problems[0].message}.`,
        again.problems,
      );
    };

    const answer = async (
      row: Row,
      server: LanguageModel,
      call: Call,
    ): Promise<Row> => {
      try {
        return await server.within(call.signal, async limit =>
          schema
            ? await structured(row, server, schema, call, limit)
            : toOutputs(
                await server.complete(
                  { messages: render(row), parameters: prompt.parameters },
                  limit,
                ),
              ),
        );
      } catch (error) {
        throw told(error, server, call);
      }
    };

    async function* stream(row: Row, call: Call): AsyncGenerator<StreamEvent> {
      const server = await languageModel.current();
      if (!server) {
        yield { outputs: uncompleted(row) };
        return;
      }
      // Nothing of it is sent before it is known to fit.
      if (schema) {
        const [checked] = check([await answer(row, server, call)]);
        yield { outputs: checked };
        return;
      }
      try {
        for await (const event of server.stream(
          { messages: render(row), parameters: prompt.parameters },
          call.signal,
        ))
          yield 'delta' in event ? event : { outputs: toOutputs(event) };
      } catch (error) {
        throw told(error, server, call);
      }
    }

    return {
      platform: 'prompt',
      ...signatureTensors(manifest.signature, async (rows, call) => {
        const server = await languageModel.current();
        if (!server) return rows.map(uncompleted);
        return await mapConcurrently(
          rows,
          server.settings.concurrency,
          call.signal,
          async (row, signal) =>
            await answer(row, server, { requestId: call.requestId, signal }),
        );
      }),
      stream,
      /** Nobody pays for a call that nobody made. */
      async warmUp(rows) {
        rows.forEach(render);
      },
    };
  },
};

function sumOf(one?: Usage, other?: Usage): Usage | undefined {
  return one && other
    ? {
        inputTokens: one.inputTokens + other.inputTokens,
        outputTokens: one.outputTokens + other.outputTokens,
      }
    : one ?? other;
}

/** The validator is in memory only where it is needed. */
async function schemaOf(
  schema: Record<string, unknown>,
): Promise<AnswerSchema> {
  return new (await import('./AnswerSchema')).AnswerSchema(schema);
}
