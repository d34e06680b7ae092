// A playlist as a file, which the browser saves.

import { request } from "../api.js";
import { html, useState } from "../html.js";
import { t } from "../i18n.js";
import { Button } from "../ui/button.js";
import { Icon } from "../ui/icon.js";
import { Problem } from "../ui/problem.js";
import { toast } from "../ui/toast.js";
import { joined, slices } from "./slices.js";

const FORMATS = ["M3U8", "XSPF", "JSPF"];
const KEEP_MILLISECONDS = 60_000;

/** Parameters: trackIds, title. */
export function Exporting({ trackIds, title }) {
  const [error, setError] = useState(null);
  const give = (event, format) => {
    const menu = event.currentTarget.closest("details");
    menu.open = false;
    menu.querySelector("summary").focus();
    exported(trackIds, title, format).then(() => setError(null), setError);
  };
  return html`
    <details class="exports">
      <summary class="button"><${Icon} name="download" />${t("playlists.export")}</summary>
      <div class="panel" role="group" aria-label=${t("playlists.export")}>
        ${FORMATS.map(
          (format) => html`<${Button} key=${format} small onClick=${(event) => give(event, format)}>${format}<//>`,
        )}
      </div>
    </details>
    ${error && html`<${Problem} error=${error} />`}
  `;
}

async function exported(trackIds, title, format) {
  const texts = [];
  let nameless = 0;
  let type = "";
  for (const slice of slices(trackIds)) {
    const json = { track_ids: slice, title, format: `PLAYLIST_FORMAT_${format}` };
    const response = await request("playlists:export", { json });
    texts.push(await response.text());
    type = response.headers.get("Content-Type");
    nameless += Number(response.headers.get("X-Unplaced-Tracks") ?? 0);
  }
  const file = new Blob([joined(format, texts)], { type });
  offer(file, `${title.replace(/[/\\:*?"<>|]/g, "_") || "playlist"}.${format.toLowerCase()}`);
  if (nameless) toast(t("playlists.unplaced", { count: nameless }));
}

function offer(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEEP_MILLISECONDS);
}
