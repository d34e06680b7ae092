// Long playlists in slices, as the API takes them; and the files of slices as one.

/** Tracks that one call takes; a playlist that is kept may have ten times as many. */
export const MOST_AT_ONCE = 1_000;

/** A list in parts of at most `MOST_AT_ONCE`. */
export function slices(list) {
  const starts = Array.from({ length: Math.ceil(list.length / MOST_AT_ONCE) }, (_, index) => index * MOST_AT_ONCE);
  return starts.map((start) => list.slice(start, start + MOST_AT_ONCE));
}

/** At most `MOST_AT_ONCE` of a list, spread over all of it. */
export function spread(list) {
  if (list.length <= MOST_AT_ONCE) return list;
  return Array.from({ length: MOST_AT_ONCE }, (_, index) => list[Math.floor((index * list.length) / MOST_AT_ONCE)]);
}

/** One file of the files of slices, as the service writes them ("M3U8", "XSPF", "JSPF"). */
export function joined(format, texts) {
  const [first, ...others] = texts;
  return others.length ? JOIN[format](first, others) : first;
}

const JOIN = {
  M3U8: (first, others) => [first, ...others.map((text) => text.replace(/^#EXTM3U\n(#PLAYLIST:.*\n)?/, ""))].join(""),
  XSPF(first, others) {
    const [head, tracks, end] = aroundTracks(first);
    return [head, tracks, ...others.map((text) => aroundTracks(text)[1]), end].join("");
  },
  JSPF(first, others) {
    const { playlist } = JSON.parse(first);
    const track = [...playlist.track, ...others.flatMap((text) => JSON.parse(text).playlist.track)];
    return `${JSON.stringify({ playlist: { ...playlist, track } }, null, 2)}\n`;
  },
};

/** What stands before the tracks, the tracks, and what stands behind them: no text of XML holds these tags. */
function aroundTracks(text) {
  const start = text.indexOf("<trackList>\n") + "<trackList>\n".length;
  const end = text.lastIndexOf("  </trackList>");
  return [text.slice(0, start), text.slice(start, end), text.slice(end)];
}
