import { DmnModdle } from 'dmn-moddle';
import { DecisionTable, FiredRule } from './DecisionTable';
import { DmnDefinitions, DmnLiteral, DmnNode, DmnTable } from './Dmn';
import { FeelContext, fromJson, problemOf, valueOf } from './feel';

/** The namespace that `dmn-moddle` reads; what is served of 1.2 to 1.5 is alike in all of them. */
const NAMESPACE = 'https://www.omg.org/spec/DMN/20191111/MODEL/';
const NAMESPACES =
  /https?:\/\/www\.omg\.org\/spec\/DMN\/(20180521|20211108|20230324)\/MODEL\//g;
const FEEL = /FEEL|^feel$/i;

type Logic = (context: FeelContext) => { value: unknown; fired: FiredRule[] };

interface Decision {
  name: string;
  inputs: string[];
  decisions: Decision[];
  decide: Logic;
}

const nameOf = ({ variable, name, id }: DmnNode) =>
  variable?.name ?? name ?? id ?? '';

/** Says of what goes wrong in which decision it does. */
function named<T>(decision: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const reason = error instanceof Error ? error.message : error;
    throw new Error(`Decision '${decision}': ${reason}.`);
  }
}

/** The decisions of a DMN file and what they require. */
export class DecisionGraph {
  private constructor(
    private readonly inputTypes: Map<string, string | undefined>,
    private readonly decisions: Map<string, Decision>,
  ) {}

  /** Throws, for the model's developer, where the file can't be read or has something that is not served. */
  static async read(xml: string): Promise<DecisionGraph> {
    const { rootElement } = await new DmnModdle().fromXML(
      xml.replace(NAMESPACES, NAMESPACE),
      'dmn:Definitions',
    );
    const definitions = rootElement as DmnDefinitions;
    if (definitions.import?.length)
      throw new Error('It imports other files, which is not served.');
    const nodes = definitions.drgElement ?? [];
    const byId = new Map(nodes.map(node => [`#${node.id}`, node]));
    const inputs = nodes.filter(({ $type }) => $type === 'dmn:InputData');
    const made = new Map<DmnNode, Decision | 'in the making'>();
    const make = (node: DmnNode): Decision => {
      const known = made.get(node);
      if (known === 'in the making')
        throw new Error(`Decision '${nameOf(node)}' requires itself.`);
      if (known) return known;
      made.set(node, 'in the making');
      const required = (node.informationRequirement ?? []).map(
        ({ requiredInput, requiredDecision }) => {
          const href = (requiredInput ?? requiredDecision)?.href ?? '';
          const found = byId.get(href);
          if (!found)
            throw new Error(
              `Decision '${nameOf(
                node,
              )}' requires ${href}, which is not in the file.`,
            );
          return found;
        },
      );
      const decision: Decision = {
        name: nameOf(node),
        inputs: required
          .filter(({ $type }) => $type === 'dmn:InputData')
          .map(nameOf),
        decisions: required
          .filter(({ $type }) => $type === 'dmn:Decision')
          .map(make),
        decide: named(nameOf(node), () =>
          logicOf(node, required.map(nameOf), definitions.expressionLanguage),
        ),
      };
      made.set(node, decision);
      return decision;
    };
    const decisions = nodes
      .filter(({ $type }) => $type === 'dmn:Decision')
      .map(make);
    return new DecisionGraph(
      new Map(inputs.map(node => [nameOf(node), node.variable?.typeRef])),
      new Map(decisions.map(decision => [decision.name, decision])),
    );
  }

  get inputNames(): string[] {
    return [...this.inputTypes.keys()];
  }

  get decisionNames(): string[] {
    return [...this.decisions.keys()];
  }

  /** The inputs that these decisions need, directly or not. */
  required(names: string[]): Set<string> {
    const needed = new Set<string>();
    const visit = ({ inputs, decisions }: Decision) => {
      inputs.forEach(input => needed.add(input));
      decisions.forEach(visit);
    };
    for (const name of names) visit(this.decisions.get(name)!);
    return needed;
  }

  /** Makes these decisions, and before them those that they require. */
  decide(
    names: string[],
    row: Record<string, unknown>,
  ): { values: Record<string, unknown>; fired: FiredRule[] } {
    const context: FeelContext = {};
    for (const [name, type] of this.inputTypes)
      context[name] = fromJson(row[name] ?? null, type);
    const fired: FiredRule[] = [];
    const done = new Set<Decision>();
    const make = (decision: Decision) => {
      if (done.has(decision)) return;
      done.add(decision);
      decision.decisions.forEach(make);
      const made = named(decision.name, () => decision.decide(context));
      context[decision.name] = made.value;
      fired.push(...made.fired);
    };
    for (const name of names) make(this.decisions.get(name)!);
    return { values: context, fired };
  }
}

/** Throws why its logic can't be served. */
function logicOf(
  node: DmnNode,
  names: string[],
  language: string | undefined,
): Logic {
  if (node.knowledgeRequirement?.length)
    throw new Error(
      'business knowledge models are not served; write their logic here',
    );
  const logic = node.decisionLogic;
  if (logic?.$type === 'dmn:DecisionTable') {
    const table = new DecisionTable(nameOf(node), logic as DmnTable, names);
    return context => table.decide(context);
  }
  if (logic?.$type === 'dmn:LiteralExpression') {
    const { text = '', expressionLanguage = language } = logic as DmnLiteral;
    if (expressionLanguage && !FEEL.test(expressionLanguage))
      throw new Error(
        `its expression is in ${expressionLanguage}; FEEL is served`,
      );
    const problem = problemOf(text, names);
    if (problem) throw new Error(problem);
    return context => ({ value: valueOf(text, context), fired: [] });
  }
  throw new Error(
    `${
      logic ? `a ${logic.$type.replace('dmn:', '')}` : 'without logic it'
    } is not served; decision tables and literal expressions are`,
  );
}
