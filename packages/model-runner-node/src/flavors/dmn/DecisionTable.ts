import { DmnTable, DmnText } from './Dmn';
import { FeelContext, holds, problemOf, valueOf } from './feel';
import {
  aggregations,
  deciding,
  listPolicies,
  Priorities,
  RuleOutput,
} from './hitPolicies';

/** A rule that made a decision. */
export interface FiredRule {
  decision: string;
  /** From 1, as tables number them. */
  rule: number;
  id?: string;
  annotations?: Record<string, string>;
}

type Rule = NonNullable<DmnTable['rule']>[number];

const textOf = (text: DmnText | undefined) => text?.text?.trim() ?? '';
const isAny = (test: string) => test === '' || test === '-';

/** A decision table, ready to be asked. */
export class DecisionTable {
  private readonly policy: string;
  private readonly aggregation?: string;
  private readonly columns: string[];
  private readonly names: string[];
  private readonly rules: Rule[];
  private readonly priorities: Priorities;

  /** @param names - that its expressions may use. Throws where the table can't be served */
  constructor(
    private readonly decision: string,
    private readonly table: DmnTable,
    names: string[],
  ) {
    const { hitPolicy = 'UNIQUE', aggregation, input = [], output } = table;
    this.policy = hitPolicy;
    this.aggregation = aggregation;
    this.columns = input.map(column => textOf(column.inputExpression));
    this.names = output.map(({ name }) => name ?? decision);
    this.rules = table.rule ?? [];
    deciding(hitPolicy, [], []);
    if (aggregation && !Object.hasOwn(aggregations, aggregation))
      throw new Error(`the aggregation ${aggregation} is unknown`);
    if (aggregation && output.length > 1)
      throw new Error('an aggregation needs a single output column');
    this.priorities = output.map(({ outputValues }) => {
      const text = textOf(outputValues);
      return text === '' ? undefined : (valueOf(`[${text}]`, {}) as unknown[]);
    });
    if (
      ['PRIORITY', 'OUTPUT ORDER'].includes(hitPolicy) &&
      this.priorities.every(values => values === undefined)
    ) {
      throw new Error(
        `the hit policy ${hitPolicy} needs the list of allowed values of an output column, in their order`,
      );
    }
    for (const [
      index,
      { inputEntry = [], outputEntry = [] },
    ] of this.rules.entries()) {
      if (
        inputEntry.length !== input.length ||
        outputEntry.length !== output.length
      )
        throw new Error(`rule ${index + 1} has cells missing`);
    }
    this.checkTexts(names);
  }

  private checkTexts(names: string[]) {
    const check = (
      where: string,
      text: string,
      kind?: 'expression' | 'tests',
    ) => {
      const problem = problemOf(text, names, kind);
      if (problem) throw new Error(`${where}: ${problem}`);
    };
    for (const column of this.columns) check('an input column', column);
    for (const [index, rule] of this.rules.entries()) {
      const where = `rule ${index + 1}`;
      for (const cell of rule.inputEntry ?? []) {
        if (!isAny(textOf(cell))) check(where, textOf(cell), 'tests');
      }
      for (const cell of rule.outputEntry) check(where, textOf(cell) || 'null');
    }
  }

  decide(context: FeelContext): { value: unknown; fired: FiredRule[] } {
    const given = this.columns.map(column => valueOf(column, context));
    const matching = this.rules
      .map((rule, index) => ({ rule, number: index + 1 }))
      .filter(({ rule }) =>
        (rule.inputEntry ?? []).every((cell, column) => {
          const test = textOf(cell);
          return isAny(test) || holds(test, given[column], context);
        }),
      );
    const outputs = matching.map(({ rule }) =>
      rule.outputEntry.map(cell => valueOf(textOf(cell) || 'null', context)),
    );
    const order = deciding(this.policy, outputs, this.priorities);
    return {
      value: this.result(
        order.map(index => outputs[index]),
        context,
      ),
      fired: order.map(index => this.told(matching[index])),
    };
  }

  private result(outputs: RuleOutput[], context: FeelContext): unknown {
    if (this.aggregation)
      return aggregations[this.aggregation](outputs.map(([value]) => value));
    const chosen = outputs.length > 0 ? outputs : this.defaults(context);
    const values = chosen.map(output => this.shaped(output));
    return listPolicies.includes(this.policy) ? values : values[0] ?? null;
  }

  private defaults(context: FeelContext): RuleOutput[] {
    const { output } = this.table;
    return output.some(({ defaultOutputEntry }) => defaultOutputEntry)
      ? [
          output.map(({ defaultOutputEntry }) =>
            valueOf(textOf(defaultOutputEntry) || 'null', context),
          ),
        ]
      : [];
  }

  private shaped(output: RuleOutput): unknown {
    if (this.names.length === 1) return output[0];
    return Object.fromEntries(
      this.names.map((name, index) => [name, output[index]]),
    );
  }

  private told({ rule, number }: { rule: Rule; number: number }): FiredRule {
    const annotations = (rule.annotationEntry ?? []).map(
      (entry, index) =>
        [
          this.table.annotation?.[index]?.name ?? `annotation ${index + 1}`,
          textOf(entry),
        ] as const,
    );
    return {
      decision: this.decision,
      rule: number,
      ...(rule.id ? { id: rule.id } : {}),
      ...(annotations.length > 0
        ? { annotations: Object.fromEntries(annotations) }
        : {}),
    };
  }
}
