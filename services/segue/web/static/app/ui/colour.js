// Twelve colours that are told apart in both themes, and the grey of what has none of them.

/** Around the circle of hues in steps of 30 degrees (OKLCH), bright and deep in turn: {light, dark} is the theme. */
const PALETTE = [
  { light: "#dd5d6e", dark: "#ffb3b8" },
  { light: "#913900", dark: "#d8662a" },
  { light: "#bd7f00", dark: "#ffbd59" },
  { light: "#615a00", dark: "#999000" },
  { light: "#60a231", dark: "#9ce172" },
  { light: "#02684a", dark: "#03a578" },
  { light: "#00a2a2", dark: "#10e7e7" },
  { light: "#04617c", dark: "#089ac3" },
  { light: "#418eec", dark: "#a8ceff" },
  { light: "#5343ac", dark: "#847ae8" },
  { light: "#b26cd0", dark: "#e7b3ff" },
  { light: "#91256c", dark: "#cd5ea2" },
];
const GREY = { light: "#acaaa6", dark: "#6e7480" };

export const COLOURS = PALETTE.length;
/** From one to the next of these lie 150 degrees, and all are gone through before one comes again. */
const STEP = 5;

/** Which of them so many steps from another one is. */
export function further(colour, steps = 1) {
  return (colour + STEP * steps) % COLOURS;
}

/** [red, green, blue] of one of them, or of the grey where it is none. */
export function rgbOf(colour, dark) {
  const text = (PALETTE[colour] ?? GREY)[dark ? "dark" : "light"];
  return [1, 3, 5].map((at) => Number.parseInt(text.slice(at, at + 2), 16));
}

/** The same for CSS, in whichever theme it is shown. */
export function cssOf(colour) {
  const { light, dark } = PALETTE[colour] ?? GREY;
  return `light-dark(${light}, ${dark})`;
}
