// The fields of a track's metadata, and how a form reads them.

/** Kinds: "text", "list" (one entry a line or by commas), "whole" and "number". */
export const FIELDS = [
  { name: "title", kind: "text" },
  { name: "artists", kind: "list" },
  { name: "album", kind: "text" },
  { name: "album_artist", kind: "text" },
  { name: "genres", kind: "list" },
  { name: "moods", kind: "list" },
  { name: "year", kind: "whole", minimum: 1, maximum: 9999 },
  { name: "bpm", kind: "number", minimum: 1, maximum: 1000 },
  { name: "key", kind: "text" },
  { name: "language", kind: "text" },
  { name: "explicit", kind: "mark" },
  { name: "track_number", kind: "whole", minimum: 1, maximum: 9999 },
  { name: "disc_number", kind: "whole", minimum: 1, maximum: 999 },
  { name: "isrc", kind: "text" },
  { name: "track_gain_db", kind: "number", minimum: -100, maximum: 100 },
  { name: "musicbrainz_recording_id", kind: "text" },
  { name: "musicbrainz_release_id", kind: "text" },
  { name: "musicbrainz_artist_ids", kind: "list" },
];

/** A value as the text of its input. */
export function written(field, value) {
  if (value === undefined || value === null) return "";
  if (field.kind === "list") return value.join("; ");
  if (field.kind === "mark") return value ? "yes" : "no";
  return String(value);
}

/**
 * The value that the text of an input stands for; undefined: it says nothing.
 *
 * @throws {RangeError} when it is no number, or out of its range
 */
export function read(field, text) {
  const trimmed = text.trim();
  if (!trimmed) return undefined;
  if (field.kind === "list") return entries(trimmed);
  if (field.kind === "mark") return trimmed === "yes";
  if (field.kind === "text") return trimmed;
  const value = Number(trimmed.replace(",", "."));
  const proper = field.kind === "whole" ? Number.isInteger(value) : Number.isFinite(value);
  if (!proper || value < field.minimum || value > field.maximum) throw new RangeError(field.name);
  return value;
}

function entries(text) {
  return text
    .split(";")
    .map((one) => one.trim())
    .filter(Boolean);
}

/**
 * Body of the PATCH that makes a track say what a form says; null where nothing is changed.
 *
 * @param {object} track - in the view FULL
 * @param {Object<string, string>} texts - of the form, by the name of their fields
 */
export function correction(track, texts) {
  const metadata = {};
  const names = [];
  for (const field of FIELDS) {
    const before = written(field, track.metadata?.[field.name]);
    if (texts[field.name] === undefined || texts[field.name].trim() === before) continue;
    const value = read(field, texts[field.name]);
    if (value !== undefined) metadata[field.name] = value;
    names.push(field.name);
  }
  return names.length ? { metadata, update_mask: names.join(","), etag: track.etag } : null;
}

/** Body of the PATCH that takes corrections back. */
export function takenBack(track, names) {
  return { reset_mask: names.join(","), etag: track.etag };
}
