/**
 * Colours of series: hues that people with colour vision deficiencies tell
 * apart (after Okabe and Ito), each with a contrast of 3:1 with the light and
 * the dark background of a card alike.
 */
export const chartColors = [
  '#3f96dd',
  '#dc7500',
  '#12a47a',
  '#c577a8',
  '#a69000',
  '#7d8ae0',
  '#db7168',
  '#5999ab',
];
