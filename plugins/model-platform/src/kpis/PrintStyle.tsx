const CSS = `
@media print {
  [data-print='hide'], nav, header [role='tablist'], .bui-Accordion { display: none !important; }
  main, body, #root > * { padding-left: 0 !important; overflow: visible !important; height: auto !important; }
  section, figure, [role='region'] { break-inside: avoid; }
  @page { margin: 12mm; }
}`;

/** On paper: the figures, without what one clicks. */
export function PrintStyle() {
  return <style>{CSS}</style>;
}
