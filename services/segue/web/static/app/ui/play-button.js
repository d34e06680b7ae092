// Plays an entry of a queue, and shows whether it is what is heard.

import { html } from "../html.js";
import { t } from "../i18n.js";
import { play, toggle, usePlaying } from "../player.js";
import { useSession } from "../session.js";
import { IconButton } from "./button.js";

/**
 * Parameters: queue (entries of the player), index, kind and size as of a button, crossfadeSeconds.
 * Where the reader may not hear, it says so.
 */
export function PlayButton({ queue, index = 0, kind = "strong", size = "", crossfadeSeconds }) {
  const entry = queue[index];
  const state = usePlaying(entry.id);
  const { mayHear, known } = useSession();
  const allowed = mayHear || entry.source.startsWith("api/v1/clips/");
  const label = state === "playing" ? t("ui.pause", { what: entry.title }) : t("ui.play", { what: entry.title });
  return html`
    <${IconButton}
      label=${allowed || !known ? label : t("ui.signInToHear")}
      icon=${state === "playing" ? "pause" : "play"}
      kind=${kind}
      size=${size}
      disabled=${!allowed}
      onClick=${() => (state ? toggle() : play(queue, index, { crossfadeSeconds }))}
    />
  `;
}
