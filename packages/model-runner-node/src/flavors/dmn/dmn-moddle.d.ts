declare module 'dmn-moddle' {
  /** Reads DMN 1.3 from XML. */
  export class DmnModdle {
    fromXML(xml: string, type: string): Promise<{ rootElement: unknown }>;
  }
}
