/**
 * Colours of series, told apart by people with colour vision deficiencies
 * (after Okabe and Ito, darkened or lightened until each has a contrast of 3:1
 * with light and dark backgrounds alike).
 */
export const chartColors = [
  '#2f7fc1',
  '#c96a00',
  '#0f8f6b',
  '#b0588f',
  '#8a7a00',
  '#5f6fd0',
  '#c2453d',
  '#4f8a9b',
];
