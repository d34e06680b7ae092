// The columns of the table of tracks; which of them are shown is the reader's own choice, and kept.

import { language, number } from "../i18n.js";
import { clock } from "../words.js";

const KEY = "segue.catalogue.columns";
const SHOWN_FIRST = ["album", "genres", "year", "duration"];

/** What a column shows of a track, beside its title and artist, which always stand first. */
export const COLUMNS = [
  { name: "artist", width: "minmax(6rem, 1fr)", text: (track) => track.metadata?.artist },
  { name: "album", width: "minmax(6rem, 1fr)", text: (track) => track.metadata?.album },
  { name: "genres", width: "minmax(6rem, 1fr)", text: (track) => joined(track.metadata?.genres) },
  { name: "moods", width: "minmax(6rem, 1fr)", text: (track) => joined(track.metadata?.moods) },
  { name: "year", width: "4rem", text: (track) => plain(track.metadata?.year), numeric: true },
  { name: "bpm", width: "4rem", text: (track) => rounded(track.metadata?.bpm), numeric: true },
  { name: "key", width: "4rem", text: (track) => track.metadata?.key },
  {
    name: "duration",
    width: "4.5rem",
    text: (track) => track.duration_seconds && clock(track.duration_seconds),
    numeric: true,
  },
  { name: "added", width: "6.5rem", text: (track) => track.ingested_at && date(track.ingested_at), numeric: true },
];

/** Names of the columns that the reader chose. */
export function chosenColumns() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY));
    return Array.isArray(kept) ? kept : SHOWN_FIRST;
  } catch {
    return SHOWN_FIRST;
  }
}

export function keepColumns(names) {
  localStorage.setItem(KEY, JSON.stringify(names));
}

function date(text) {
  return new Intl.DateTimeFormat(language, { dateStyle: "medium" }).format(new Date(text));
}

function joined(labels) {
  return labels?.join(", ");
}

// A year is no amount: it has no separator of thousands.
function plain(value) {
  return value === undefined ? "" : String(value);
}

function rounded(value) {
  return value === undefined ? "" : number(value, { maximumFractionDigits: 0 });
}
