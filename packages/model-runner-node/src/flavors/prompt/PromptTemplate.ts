import { WireSignatureField } from '@model-platform/model-wire';
import Mustache from 'mustache';
import { Row } from '../Flavor';
import { Message, PromptDefinition } from './PromptFile';
import { TemplateValues } from './TemplateValues';

type Tokens = ReturnType<typeof Mustache.parse>;

/** Deeper than any partials that are meant. */
const MAX_DEPTH = 20;

/** Text as it is: nothing here is HTML. What is not text goes as JSON. */
class TextWriter extends Mustache.Writer {
  override escapedValue(token: string[], context: TemplateValues): string {
    const value = context.lookup(token[1]);
    if (value === undefined || value === null) return '';
    return typeof value === 'string' ? value : JSON.stringify(value);
  }

  override unescapedValue(token: string[], context: TemplateValues): string {
    return this.escapedValue(token, context);
  }
}

/** The messages of a prompt, to be filled in: Mustache, without code and without HTML. */
export class PromptTemplate {
  private readonly writer = new TextWriter();
  private readonly partials: Record<string, string>;

  /** @throws Error that names what the templates use and the signature does not have */
  constructor(
    private readonly prompt: Pick<PromptDefinition, 'messages' | 'partials'>,
    private readonly inputs: WireSignatureField[],
  ) {
    this.partials = Object.assign(Object.create(null), prompt.partials);
    const problems = prompt.messages.flatMap(({ content }, index) =>
      this.problemsOf(
        this.parse(content, `messages[${index}]`),
        `messages[${index}]`,
        false,
        0,
      ),
    );
    if (problems.length > 0)
      throw new Error(
        `The signature does not fit the prompt: ${[...new Set(problems)].join(
          '; ',
        )}.`,
      );
    if (prompt.messages.every(({ role }) => role === 'system'))
      throw new Error(
        'The prompt has only system messages: a language model answers one of the role user.',
      );
  }

  /** Those that say something with these values. */
  render(row: Row): Message[] {
    return this.prompt.messages
      .map(({ role, content }) => ({
        role,
        content: this.writer.render(
          content,
          new TemplateValues(row),
          this.partials,
        ),
      }))
      .filter(({ content }) => content.trim() !== '');
  }

  private parse(template: string, where: string): Tokens {
    try {
      return this.writer.parse(template);
    } catch (error) {
      throw new Error(
        `${where} is no template: ${
          error instanceof Error ? error.message : error
        }.`,
      );
    }
  }

  /** `isOpen`: within an object, whose members nobody declares. */
  private problemsOf(
    tokens: Tokens,
    where: string,
    isOpen: boolean,
    depth: number,
  ): string[] {
    if (depth > MAX_DEPTH) return [`${where} includes itself without an end`];
    return tokens.flatMap(token => {
      const [kind, name] = token;
      switch (kind) {
        case 'name':
        case '&':
          return isOpen || this.field(name) || (name === '.' && depth > 0)
            ? []
            : [`{{${name}}} in ${where} is no input`];
        case '#':
        case '^': {
          const field = this.field(name);
          if (!field && !isOpen && name !== '.')
            return [`{{${kind}${name}}} in ${where} is no input`];
          return this.problemsOf(
            token[4] as Tokens,
            where,
            isOpen || field?.type === 'object',
            depth + 1,
          );
        }
        case '>':
          return Object.hasOwn(this.prompt.partials, name)
            ? this.problemsOf(
                this.parse(this.partials[name], `partial '${name}'`),
                `partial '${name}'`,
                isOpen,
                depth + 1,
              )
            : [`{{>${name}}} in ${where} is no partial`];
        default:
          return [];
      }
    });
  }

  /** The input that a name is of: itself, or an object that has it. */
  private field(name: string): WireSignatureField | undefined {
    const [first] = name.split('.');
    return (
      this.inputs.find(input => input.name === name) ??
      this.inputs.find(
        input =>
          input.name === first && input.type === 'object' && !input.shape,
      )
    );
  }
}
