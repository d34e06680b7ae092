// Correcting what a track says of itself.

import { call } from "../api.js";
import { html, useId, useLayoutEffect, useRef, useState } from "../html.js";
import { t } from "../i18n.js";
import { Button } from "../ui/button.js";
import { Problem } from "../ui/problem.js";
import { toast } from "../ui/toast.js";
import { FIELDS, correction, read, written } from "./fields.js";

/** Parameters: track (as it is now), onSaved(track), onReload, onCancel. */
export function Form({ track, onSaved, onReload, onCancel }) {
  // Only of what the reader touched: all else is as the track says it, also when that changes.
  const [texts, setTexts] = useState({});
  const [wrong, setWrong] = useState("");
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const form = useRef();
  useLayoutEffect(() => form.current.querySelector("input").focus(), []);
  const save = async (event) => {
    event.preventDefault();
    const bad = FIELDS.find((field) => !readable(field, texts[field.name] ?? ""));
    setWrong(bad?.name ?? "");
    if (bad) return show(form.current.elements[bad.name]);
    const json = correction(track, texts);
    if (!json) return onCancel();
    setBusy(true);
    setError(null);
    try {
      const path = `tracks/${encodeURIComponent(track.track_id)}`;
      const answer = await call(path, { method: "PATCH", json });
      toast(t("catalogue.saved"));
      onSaved(answer.track);
    } catch (refused) {
      setBusy(false);
      setError(refused);
      // What the reader wrote stays; saving once more is then about the track as it is now.
      if (refused.reason === "TRACK_CHANGED") onReload();
    }
    return undefined;
  };
  return html`
    <form class="correct" ref=${form} onSubmit=${save} noValidate>
      ${error &&
      html`<${Problem} error=${error}>
        ${error.reason === "TRACK_CHANGED" && html`<p>${t("catalogue.changedMeanwhile")}</p>`}
      <//>`}
      ${FIELDS.map(
        (field) => html`
          <${Input}
            key=${field.name}
            field=${field}
            text=${texts[field.name]}
            stored=${written(field, track.metadata?.[field.name])}
            conflict=${error?.reason === "TRACK_CHANGED"}
            wrong=${wrong === field.name}
            onText=${(text) => setTexts((before) => ({ ...before, [field.name]: text }))}
          />
        `,
      )}
      <div class="actions">
        <${Button} kind="strong" type="submit" icon="save" disabled=${busy}>${t("catalogue.save")}<//>
        <${Button} kind="plain" onClick=${onCancel}>${t("catalogue.discard")}<//>
      </div>
    </form>
  `;
}

function Input({ field, text, stored, conflict, wrong, onText }) {
  const id = useId();
  const touched = text !== undefined && text.trim() !== stored;
  const { name, kind, minimum, maximum } = field;
  const hints = [
    kind === "list" && t("catalogue.listHint"),
    wrong && t("catalogue.wrongNumber", { minimum, maximum }),
    conflict && touched && t("catalogue.nowSays", { value: stored || "–" }),
  ].filter(Boolean);
  const common = {
    id,
    name,
    class: "field small",
    value: text ?? stored,
    "aria-invalid": wrong ? "true" : undefined,
    "aria-describedby": hints.length ? `${id}-hint` : undefined,
    onInput: (event) => onText(event.currentTarget.value),
  };
  return html`
    <div>
      <label for=${id}>${t(`catalogue.field.${name}`)}</label>
      ${kind === "mark"
        ? html`<select ...${common}>
            <option value="">–</option>
            <option value="yes">${t("catalogue.yes")}</option>
            <option value="no">${t("catalogue.no")}</option>
          </select>`
        : html`<input ...${common} inputmode=${kind === "whole" || kind === "number" ? "decimal" : undefined} />`}
      ${hints.length > 0 && html`<p id=${`${id}-hint`} class=${wrong ? "wrong" : "quiet"}>${hints.join(" ")}</p>`}
    </div>
  `;
}

function readable(field, text) {
  try {
    read(field, text);
    return true;
  } catch {
    return false;
  }
}

/** With what stands below it: there it says what is wrong. */
function show(element) {
  element.focus({ preventScroll: true });
  element.scrollIntoView({ block: "center" });
}
