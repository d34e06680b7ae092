// What GetStatus says, as words and numbers.

import { language, number, t } from "../i18n.js";

const STATES = {
  PART_STATE_SERVING: "serving",
  PART_STATE_DOWN: "down",
  PART_STATE_UNKNOWN: "unknown",
  PART_STATE_NOT_CONFIGURED: "none",
};

/** "serving", "down", "unknown" or "none". */
export function stateOf(part) {
  return STATES[part?.state] ?? "unknown";
}

/** Seconds of a Duration such as "2.411s". */
export function seconds(duration) {
  return duration === undefined ? undefined : Number(duration.replace(/s$/, ""));
}

/** A count, or a dash where it is not known. */
export function count(value) {
  return value === undefined || value === null ? "–" : number(Number(value));
}

/** "12 s", "4 min", "3 h": how long something lasts, in its largest unit. */
export function span(duration) {
  if (duration === undefined) return "–";
  const [value, unit] =
    duration < 90 ? [duration, "second"] : duration < 5_400 ? [duration / 60, "minute"] : [duration / 3_600, "hour"];
  return new Intl.NumberFormat(language, {
    style: "unit",
    unit,
    unitDisplay: "short",
    maximumFractionDigits: value < 10 && unit !== "second" ? 1 : 0,
  }).format(value);
}

/** Milliseconds of a time in seconds, or a dash. */
export function milliseconds(value) {
  if (value === undefined || value === null) return "–";
  const shown = 1_000 * value;
  return new Intl.NumberFormat(language, {
    style: "unit",
    unit: "millisecond",
    unitDisplay: "short",
    maximumFractionDigits: shown < 10 ? 1 : 0,
  }).format(shown);
}

/** Whether no graph covers any track: a search compares them all. */
function isSearchedExactly({ tracks, unindexed }) {
  return Number(tracks) > 0 && Number(unindexed) >= Number(tracks);
}

/** The parts of a status that are to be shown, each with its facts: [{name, part, facts: [[name, value]]}]. */
export function partsOf(status) {
  const { index = {}, inference = {}, queue = {}, workers = {} } = status;
  const alive = workers.alive ?? [];
  return [
    {
      name: "index",
      part: index.part,
      facts: [
        ["tracks", count(index.tracks)],
        ["passages", count(index.passages)],
        // A catalogue that is too small for a graph does not wait for one.
        isSearchedExactly(index)
          ? ["searched", t("operations.searched.exactly")]
          : ["unindexed", count(index.unindexed)],
        ["space", index.embedding_space || "–"],
      ],
    },
    {
      name: "inference",
      part: inference.part,
      facts: [
        ["model", inference.model ? `${inference.model} ${inference.model_version ?? ""}` : "–"],
        ["device", inference.device ? t(`operations.device.${inference.device}`) : "–"],
      ],
    },
    {
      name: "queue",
      part: queue.part,
      facts: [
        ["depth", count(queue.depth)],
        ["oldest", span(seconds(queue.oldest_age))],
        ["deadLetters", count(queue.dead_letters)],
      ],
    },
    {
      name: "workers",
      part: workers.part,
      facts: [
        ["alive", count(alive.length)],
        ["atOnce", count(alive.reduce((sum, { concurrency = 0 }) => sum + concurrency, 0))],
      ],
    },
    { name: "collaborative", part: status.collaborative_source?.part, facts: [] },
  ];
}
