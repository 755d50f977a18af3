/** How much water a bed needs on a day, by the equations of FAO Irrigation and Drainage Paper 56. */

interface Inputs {
  day: string;
  latitude: number;
  lowest: number;
  highest: number;
  rain: number;
  area: number;
  growth: keyof typeof CROP_COEFFICIENTS;
}

interface Context {
  metrics: {
    counter(name: string): { inc(): void };
    histogram(name: string): { observe(value: number): void };
  };
}

/** Of small vegetables, in table 12. */
const CROP_COEFFICIENTS = { young: 0.7, full: 1.05, ripening: 0.95 };

/** Energy of the sun on a square metre that faces it, in MJ a minute. */
const SOLAR_CONSTANT = 0.082;

/** What a megajoule evaporates of a square metre, in millimetres. */
const MM_PER_MJ = 0.408;

export function predict(_model: unknown, inputs: Inputs, context: Context) {
  const { day, latitude, lowest, highest, rain, area, growth } = inputs;
  const radiation = extraterrestrialRadiation(dayOfYear(day), latitude);
  // Equation 52, which falls below nothing in hard frost.
  const evaporation = Math.max(
    0,
    0.0023 *
      ((lowest + highest) / 2 + 17.8) *
      Math.sqrt(Math.max(0, highest - lowest)) *
      radiation *
      MM_PER_MJ,
  );
  const need = evaporation * CROP_COEFFICIENTS[growth] - rain;
  // A millimetre on a square metre is a litre.
  const water = Math.max(0, need) * area;
  if (water > 0) context.metrics.counter('suggestions_made_total').inc();
  context.metrics.histogram('litres_suggested').observe(water);
  return {
    water: rounded(water),
    evaporation: rounded(evaporation),
    radiation: rounded(radiation),
  };
}

function dayOfYear(day: string): number {
  const date = new Date(day);
  return (date.getTime() - Date.UTC(date.getUTCFullYear(), 0)) / 86_400_000 + 1;
}

/** Equations 21 to 25, in MJ on a square metre. */
function extraterrestrialRadiation(day: number, latitude: number): number {
  const angle = (2 * Math.PI * day) / 365;
  const phi = (latitude * Math.PI) / 180;
  const distance = 1 + 0.033 * Math.cos(angle);
  const declination = 0.409 * Math.sin(angle - 1.39);
  const sunset = Math.acos(-Math.tan(phi) * Math.tan(declination));
  return (
    ((24 * 60) / Math.PI) *
    SOLAR_CONSTANT *
    distance *
    (sunset * Math.sin(phi) * Math.sin(declination) +
      Math.cos(phi) * Math.cos(declination) * Math.sin(sunset))
  );
}

const rounded = (value: number) => Math.round(value * 10) / 10;
