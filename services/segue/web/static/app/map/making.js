// There is no map yet, or one without tracks: how far it is, and who can have it made.

import { html, useEffect, useState } from "../html.js";
import { t } from "../i18n.js";
import { useSession } from "../session.js";
import { Button } from "../ui/button.js";
import { Empty, Problem } from "../ui/problem.js";
import { loadInfo, rebuild } from "./data.js";

const ASK_MILLISECONDS = 1_500;
const STAGES = { read: "read", "lay out": "layOut", publish: "publish" };

/** Parameters: onMade(), called once there is one with tracks. */
export function Making({ onMade }) {
  const [info, setInfo] = useState(null);
  const [error, setError] = useState(null);
  const [refused, setRefused] = useState(null);
  const { isOwner } = useSession();
  useEffect(() => {
    const control = new AbortController();
    const ask = () =>
      loadInfo(control.signal).then(
        (found) => (Number(found.map?.tracks ?? 0) > 0 ? onMade() : (setInfo(found), setError(null))),
        (failure) => control.signal.aborted || setError(failure),
      );
    ask();
    const timer = setInterval(ask, ASK_MILLISECONDS);
    return () => (clearInterval(timer), control.abort());
  }, []);
  const begin = () => rebuild().then(() => setRefused(null), setRefused);
  if (error) return html`<${Problem} error=${error} />`;
  if (!info) return null;
  const { state = "", stage, share = 0, reason, message, next_step: nextStep } = info.work ?? {};
  const empty = Number(info.catalogue_tracks ?? 0) === 0;
  const running = state === "MAP_WORK_STATE_RUNNING";
  return html`
    <${Empty} icon="music" title=${t(empty ? "map.emptyCatalogue" : running ? "map.beingMade" : "map.notMade")}>
      ${!running && html`<p>${t(empty ? "map.emptyCatalogueNext" : "map.notMadeNext")}</p>`}
      ${running &&
      html`<p class="making">
        <progress max="1" value=${stage ? share : undefined} aria-label=${t("map.beingMade")} />
        <span class="quiet">${Object.hasOwn(STAGES, stage ?? "") ? t(`map.stage.${STAGES[stage]}`) : ""}</span>
      </p>`}
      ${refused && html`<${Problem} error=${refused} />`}
      ${reason && html`<${Problem} error=${{ reason, message, nextStep }} />`}
      ${!empty && !running && isOwner && html`<${Button} kind="strong" onClick=${begin}>${t("map.makeNow")}<//>`}
    <//>
  `;
}
