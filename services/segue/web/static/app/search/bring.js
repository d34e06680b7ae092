// Ways to bring audio along: drop it anywhere, pick a file, record.

import { html, useEffect, useRef, useState } from "../html.js";
import { t } from "../i18n.js";
import { useServer } from "../session.js";
import { Button } from "../ui/button.js";
import { useDrops } from "../ui/drops.js";
import { Icon } from "../ui/icon.js";
import { Problem } from "../ui/problem.js";
import { sendClip } from "./clips.js";
import { Recorder } from "./recorder.js";

/** {send(file), sending, error, cancel}: one file at a time; onClip(clip) when it has arrived. */
export function useClip(onClip) {
  const server = useServer();
  const [state, setState] = useState({ sending: "", error: null });
  const control = useRef(null);
  const cancel = () => control.current?.abort();
  useEffect(() => cancel, []);
  const send = async (file) => {
    cancel();
    const mine = (control.current = new AbortController());
    setState({ sending: file.name || t("search.recording"), error: null });
    try {
      const mostBytes = Number(server?.limits?.clip_bytes ?? 0);
      const clip = await sendClip(file, { mostBytes, signal: mine.signal });
      setState({ sending: "", error: null });
      onClip(clip);
    } catch (error) {
      if (control.current !== mine) return;
      setState({ sending: "", error: error.name === "AbortError" ? null : error });
    }
  };
  return { ...state, send, cancel };
}

/** Parameters: clip (of useClip), large (the first thing on the page). */
export function Bring({ clip, large }) {
  const input = useRef();
  const pick = (event) => {
    const [file] = event.currentTarget.files;
    event.currentTarget.value = "";
    if (file) clip.send(file);
  };
  return html`
    <div class=${large ? "bring large" : "bring"}>
      ${large && html`<${Icon} name="music" /><p>${t("search.drop")}</p>`}
      <div class="ways">
        <input
          ref=${input}
          class="unseen"
          type="file"
          accept="audio/*,video/*,.flac,.opus,.aiff,.aif,.wv,.mpc,.ape,.wma,.m4a"
          tabindex="-1"
          aria-label=${t("search.pick")}
          onChange=${pick}
        />
        <${Button}
          kind=${large ? "strong" : ""}
          icon="upload"
          disabled=${clip.sending !== ""}
          onClick=${() => input.current.click()}
        >
          ${t("search.pick")}
        <//>
        <${Recorder} onRecorded=${clip.send} disabled=${clip.sending !== ""} />
      </div>
      <div role="status">
        ${clip.sending &&
        html`<p class="sending">
          ${t("search.sending", { name: clip.sending })}
          <${Button} kind="plain" small onClick=${clip.cancel}>${t("search.cancel")}<//>
        </p>`}
      </div>
      ${clip.error && html`<${Problem} error=${clip.error} />`}
    </div>
  `;
}

/** Takes a file wherever on the page it is dropped. Parameters: onFile(File). */
export function DropAnywhere({ onFile }) {
  const over = useDrops(({ files: [file] }) => file && onFile(file));
  return over && html`<div class="dropping"><p>${t("search.dropHere")}</p></div>`;
}
