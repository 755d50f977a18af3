/** The parts of a DMN file that are read, as `dmn-moddle` gives them. */
export interface DmnElement {
  $type: string;
  id?: string;
  name?: string;
}

export interface DmnText {
  text?: string;
}

export interface DmnTable extends DmnElement {
  hitPolicy?: string;
  aggregation?: string;
  input?: Array<{ inputExpression?: DmnText }>;
  output: Array<{
    name?: string;
    outputValues?: DmnText;
    defaultOutputEntry?: DmnText;
  }>;
  annotation?: Array<{ name?: string }>;
  rule?: Array<{
    id?: string;
    inputEntry?: DmnText[];
    outputEntry: DmnText[];
    annotationEntry?: DmnText[];
  }>;
}

export interface DmnLiteral extends DmnElement, DmnText {
  expressionLanguage?: string;
}

export interface DmnNode extends DmnElement {
  variable?: { name?: string; typeRef?: string };
  decisionLogic?: DmnElement;
  informationRequirement?: Array<{
    requiredInput?: { href: string };
    requiredDecision?: { href: string };
  }>;
  knowledgeRequirement?: unknown[];
}

export interface DmnDefinitions extends DmnElement {
  expressionLanguage?: string;
  import?: unknown[];
  drgElement?: DmnNode[];
}
