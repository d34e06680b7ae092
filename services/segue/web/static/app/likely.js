// What counts as heard among what the model hears; as in the API's filters and on the map.

/** From which probability on a label of each kind counts. */
export const LIKELY = { genres: 0.5, moods: 0.3, descriptors: 0.5 };
const SHARES_SUM_TOLERANCE = 0.01;

/** Those of a kind (of `LIKELY`) among labels (LabelProbability) that count as heard. */
export function likely(kind, labels = []) {
  return labels.filter(({ probability = 0 }) => hundredths(probability) >= hundredths(LIKELY[kind]));
}

/**
 * Whether something was listened for and nothing of it counts as heard. Labels that share one probability among them
 * are shares of a whole, and none of them has to be likely by itself.
 */
export function isUnknown(kind, labels = []) {
  const sum = labels.reduce((total, { probability = 0 }) => total + probability, 0);
  const areShares = Math.abs(sum - 1) <= SHARES_SUM_TOLERANCE;
  return labels.length > 0 && !areShares && likely(kind, labels).length === 0;
}

/** What was meant as 0.29 may be 0.28999999165534973 by now. */
const hundredths = (probability) => Math.floor(100 * probability + 1e-4);
