// Colours that stand for labels, the same in every view and readable in both themes.

/** Well-known genres get hues that lie apart; others follow from their letters. */
const HUES = {
  blues: 255,
  classical: 75,
  country: 55,
  electronic: 195,
  experimental: 110,
  folk: 135,
  "hip-hop": 305,
  instrumental: 95,
  international: 35,
  jazz: 230,
  latin: 20,
  metal: 280,
  pop: 345,
  reggae: 150,
  rock: 5,
  "soul-rnb": 325,
};

/** Hue of a label, in [0, 360). */
export function hueOf(label) {
  if (Object.hasOwn(HUES, label)) return HUES[label];
  let sum = 0;
  for (const sign of label) sum = (31 * sum + sign.codePointAt(0)) % 360;
  return sum;
}

/** CSS colour of a label. */
export function colourOf(label) {
  return `light-dark(oklch(0.6 0.14 ${hueOf(label)}), oklch(0.74 0.12 ${hueOf(label)}))`;
}
