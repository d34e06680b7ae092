// What a track says of itself, and whose word each field is.

import { call } from "../api.js";
import { html, useState } from "../html.js";
import { t } from "../i18n.js";
import { Button } from "../ui/button.js";
import { Problem } from "../ui/problem.js";
import { toast } from "../ui/toast.js";
import { FIELDS, takenBack, written } from "./fields.js";

const SOURCES = {
  FIELD_SOURCE_TAGS: "tags",
  FIELD_SOURCE_GIVEN: "given",
  FIELD_SOURCE_CORRECTED: "corrected",
};

/** Whose word a field is: "tags", "given", "corrected", or "" where it is not known. */
export function sourceOf(track, name) {
  return SOURCES[track.field_sources?.[name]] ?? "";
}

/** Parameters: track (in the view FULL), isOwner, onChanged(track), onReload. */
export function Fields({ track, isOwner, onChanged, onReload }) {
  const [error, setError] = useState(null);
  const shown = FIELDS.filter(({ name }) => {
    const value = track.metadata?.[name];
    const says = Array.isArray(value) ? value.length : value !== undefined && value !== "";
    return says || sourceOf(track, name) === "corrected";
  });
  const takeBack = async (name) => {
    setError(null);
    // An artist's name and the list of artists are one correction.
    const names = name === "artists" ? ["artists", "artist"] : [name];
    try {
      const path = `tracks/${encodeURIComponent(track.track_id)}`;
      const answer = await call(path, { method: "PATCH", json: takenBack(track, names) });
      toast(t("catalogue.tookBack", { field: t(`catalogue.field.${name}`) }));
      onChanged(answer.track);
    } catch (refused) {
      setError(refused);
    }
  };
  return html`
    ${error &&
    html`<${Problem} error=${error} onRetry=${error.reason === "TRACK_CHANGED" ? onReload : undefined} />`}
    <dl class="fields">
      ${shown.map(
        (field) => html`
          <${Field}
            key=${field.name}
            field=${field}
            track=${track}
            onTakeBack=${isOwner ? () => takeBack(field.name) : undefined}
          />
        `,
      )}
    </dl>
  `;
}

function Field({ field, track, onTakeBack }) {
  const { name } = field;
  const source = sourceOf(track, name);
  const before = hidden(field, track);
  return html`
    <div data-field=${name}>
      <dt>${t(`catalogue.field.${name}`)}</dt>
      <dd>
        <span>${inWords(field, track.metadata?.[name]) || html`<em>${t("catalogue.saysNothing")}</em>`}</span>
        ${source && html`<span class="source ${source}">${t(`catalogue.source.${source}`)}</span>`}
        ${source === "corrected" &&
        html`<p class="quiet">
          ${before ? t("catalogue.before", { value: before }) : t("catalogue.beforeNothing")}
          ${onTakeBack &&
          html`<${Button} small kind="plain" icon="again" onClick=${onTakeBack}>
            ${t("catalogue.takeBack")}<span class="unseen"> ${t(`catalogue.field.${name}`)}</span>
          <//>`}
        </p>`}
      </dd>
    </div>
  `;
}

/** What a field said before it was corrected: what was given with the track, else what its tags say. */
function hidden(field, track) {
  const given = inWords(field, track.hidden_given?.[field.name]);
  return given || inWords(field, track.hidden_tags?.[field.name]);
}

function inWords(field, value) {
  if (field.kind === "mark" && value !== undefined) return t(value ? "catalogue.yes" : "catalogue.no");
  return Array.isArray(value) ? value.join(", ") : written(field, value);
}
