// How the map is laid out and coloured, and what dragging does.

import { html } from "../html.js";
import { t } from "../i18n.js";
import { Button } from "../ui/button.js";
import { LAYOUTS } from "./data.js";
import { SCHEMES } from "./paint.js";

/**
 * Parameters: layout, scheme, label, labels (what can be coloured by), drawing, hear; onChange(changes of the
 * address), onDrawing(), onHear(), onSeen(): choose what is seen, without a drag.
 */
export function Tools({ layout, scheme, label, labels, drawing, hear, mayHear, ...on }) {
  const schemes = labels.length ? SCHEMES : SCHEMES.filter((one) => one !== "label");
  const choose = (event) => {
    const chosen = event.currentTarget.value;
    on.onChange({ colour: chosen, label: chosen === "label" ? label || labels[0] : null, hide: null });
  };
  return html`
    <div class="tools">
      <div class="segments" role="group" aria-label=${t("map.layout")}>
        ${LAYOUTS.map(
          (one) => html`
            <button
              type="button"
              key=${one}
              title=${t(`map.layout.${one}.why`)}
              aria-pressed=${one === layout ? "true" : "false"}
              onClick=${() => on.onChange({ layout: one, at: null })}
            >
              ${t(`map.layout.${one}`)}
            </button>
          `,
        )}
      </div>
      <label class="choice">
        <span>${t("map.colourBy")}</span>
        <select class="field" value=${scheme} onChange=${choose}>
          ${schemes.map((one) => html`<option key=${one} value=${one}>${t(`map.by.${one}`)}</option>`)}
        </select>
      </label>
      ${scheme === "label" &&
      html`<label class="choice">
        <span>${t("map.whichLabel")}</span>
        <select
          class="field"
          value=${label}
          onChange=${(event) => on.onChange({ label: event.currentTarget.value })}
        >
          ${labels.map((one) => html`<option key=${one} value=${one}>${named(one)}</option>`)}
        </select>
      </label>`}
      <${Button} small icon="lasso" aria-pressed=${drawing ? "true" : "false"} onClick=${on.onDrawing}>
        ${t("map.lasso")}
      <//>
      <${Button} small kind="plain" onClick=${on.onSeen}>${t("map.chooseSeen")}<//>
      <${Button}
        small
        kind="plain"
        class="hear"
        icon=${hear ? "volume" : "muted"}
        disabled=${!mayHear}
        title=${mayHear ? undefined : t("ui.signInToHear")}
        aria-pressed=${hear && mayHear ? "true" : "false"}
        onClick=${on.onHear}
      >
        ${t("map.hear")}
      <//>
    </div>
  `;
}

/** "genre:hip-hop" as "hip-hop (genre)". */
function named(label) {
  const [kind, ...rest] = label.split(":");
  return t(`map.labelOf.${kind}`, { label: rest.join(":") });
}
