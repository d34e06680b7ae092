// What a playlist is called: by its name, or by what it was made from.

import { t } from "../i18n.js";
import { useKnown } from "../search/known.js";
import { useAnswer } from "../ui/answer.js";
import { titleOf } from "../words.js";
import { openSaved } from "./store.js";

/** Parameters: plan, made (value of usePlaylist). */
export function useTitle(plan, made) {
  const first = made.name ? null : beginningOf(plan, made);
  const known = useKnown(first?.kind === "track" ? [first] : []);
  const { value: opened } = useAnswer(
    (signal) => (first?.kind === "playlist" ? openSaved(first.id, signal) : null),
    [first?.kind, first?.id],
  );
  if (made.name) return made.name;
  const what = first && nameOf(first, known, opened);
  return what ? t("playlists.titled", { what }) : t("playlists.untitled");
}

/** The first seed that counts for it, where a path begins, or the first track of a list that was put together. */
function beginningOf(plan, made) {
  if (plan.mode === "path" && plan.from) return { kind: "track", id: plan.from };
  const seed = plan.mode === "seeds" && plan.seeds.find(({ against }) => !against);
  if (seed) return seed;
  return made.tracks.length ? { kind: "track", id: made.tracks[0].track.track_id } : null;
}

function nameOf(seed, known, opened) {
  if (seed.kind === "artist") return seed.id;
  if (seed.kind === "playlist") return opened?.name;
  const track = known.of(seed);
  return track && titleOf(track);
}
