// How tracks and times are written.

import { has, number, t } from "./i18n.js";

/** "3:07", "1:02:45"; with `tenths` "3:07.4". */
export function clock(seconds, { tenths = false } = {}) {
  const all = tenths ? Math.floor(seconds * 10 + 1e-6) / 10 : Math.floor(seconds + 1e-6);
  const parts = [Math.floor(all / 60) % 60, Math.floor(all % 60)];
  const hours = Math.floor(all / 3600);
  const [minutes, rest] = parts;
  const end = String(rest).padStart(2, "0") + (tenths ? `.${Math.round(all * 10) % 10}` : "");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${end}` : `${minutes}:${end}`;
}

/** Seconds of "3:07.4" or "187"; NaN of anything else. */
export function secondsOf(text) {
  const parts = text.trim().replace(",", ".").split(":");
  if (!parts.every((part) => /^\d+(\.\d*)?$/.test(part))) return NaN;
  return parts.reduce((sum, part) => 60 * sum + Number(part), 0);
}

/** Title of a track; what its file or its id says where there is none. */
export function titleOf(track) {
  return track.metadata?.title || track.file_name || lastName(track.source_uri) || track.track_id;
}

/** Artist of a track, or a word for nobody. */
export function artistOf(track) {
  return track.metadata?.artist || t("ui.unknownArtist");
}

/** "Artist – Title" of a track. */
export function fullTitle(track) {
  return track.metadata?.artist ? `${artistOf(track)} – ${titleOf(track)}` : titleOf(track);
}

/** The last name in a URI, in plain letters as far as they can be read. */
export function lastName(uri) {
  const name = uri?.replace(/[?#][^]*$/, "").split("/").at(-1) ?? "";
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** An instrument, voice or pace in the reader's language; as it is where there is no word for it. */
export function descriptorName(label) {
  const name = `descriptor.${label.replaceAll(" ", "-")}`;
  return has(name) ? t(name) : label;
}

/** A share in [0, 1] as "62 %". */
export function percent(share) {
  return number(share, { style: "percent", maximumFractionDigits: 0 });
}

/** A similarity or a part of a score, as "0.82" or, with `sign`, "+0.82". */
export function similarity(value, { sign = false } = {}) {
  // What rounds to nothing has no sign.
  return number(Math.round(100 * value) / 100 || 0, {
    minimumFractionDigits: 2,
    maximumFractionDigits: 2,
    signDisplay: sign ? "exceptZero" : "auto",
  });
}
