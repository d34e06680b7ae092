// Above the table: words, filters, and which columns it has.

import { html, useEffect, useId, useRef, useState } from "../html.js";
import { t } from "../i18n.js";
import { Chip } from "../ui/chip.js";
import { COLUMNS, keepColumns } from "./columns.js";

const SETTLE_MILLISECONDS = 300;

/** Parameters: parameters, facets, columns (names), onColumns(names), onChange(changes of parameters). */
export function Narrowing({ parameters, facets, columns, onColumns, onChange }) {
  const add = (name) => (label) => {
    const there = parameters.getAll(name);
    if (label && !there.includes(label)) onChange({ [name]: [...there, label] });
  };
  return html`
    <div class="narrowing" role="search" aria-label=${t("catalogue.narrow")}>
      <${Settling}
        class="words"
        type="search"
        label=${t("catalogue.words")}
        value=${parameters.get("words") ?? ""}
        onSettle=${(words) => onChange({ words })}
      />
      <${Labels} label=${t("catalogue.genre")} facets=${facets?.genres} onAdd=${add("genre")} />
      <${Labels} label=${t("catalogue.mood")} facets=${facets?.moods} onAdd=${add("mood")} />
      <${Settling}
        label=${t("catalogue.artist")}
        value=${parameters.get("artist") ?? ""}
        onSettle=${(artist) => onChange({ artist })}
      />
      <${Settling}
        class="year"
        label=${t("catalogue.from")}
        inputmode="numeric"
        value=${parameters.get("from") ?? ""}
        onSettle=${(from) => onChange({ from })}
      />
      <${Settling}
        class="year"
        label=${t("catalogue.to")}
        inputmode="numeric"
        value=${parameters.get("to") ?? ""}
        onSettle=${(year) => onChange({ to: year })}
      />
      <${Columns} names=${columns} onChange=${onColumns} />
    </div>
    <${Taken} parameters=${parameters} onChange=${onChange} />
  `;
}

/** A text field whose value counts when the hands rest. */
function Settling({ label, value, onSettle, class: more = "", ...rest }) {
  const id = useId();
  const [shown, setShown] = useState(value);
  const timer = useRef();
  useEffect(() => setShown(value), [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const typed = (event) => {
    const text = event.currentTarget.value;
    setShown(text);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => onSettle(text.trim()), SETTLE_MILLISECONDS);
  };
  return html`
    <div class="narrow ${more}">
      <label for=${id}>${label}</label>
      <input id=${id} class="field small" value=${shown} onInput=${typed} ...${rest} />
    </div>
  `;
}

function Labels({ label, facets = [], onAdd }) {
  const id = useId();
  const chosen = (event) => {
    onAdd(event.currentTarget.value);
    event.currentTarget.value = "";
  };
  return html`
    <div class="narrow">
      <label for=${id}>${label}</label>
      <select id=${id} class="field small" onChange=${chosen} disabled=${!facets.length}>
        <option value="">${t(facets.length ? "catalogue.any" : "catalogue.none")}</option>
        ${facets.map(
          (facet) => html`<option value=${facet.label}>${facet.label} (${facet.tracks ?? 0})</option>`,
        )}
      </select>
    </div>
  `;
}

function Taken({ parameters, onChange }) {
  const chips = ["genre", "mood"].flatMap((name) =>
    parameters.getAll(name).map((label) => ({ name, label })),
  );
  if (!chips.length) return null;
  const without = ({ name, label }) =>
    onChange({ [name]: parameters.getAll(name).filter((one) => one !== label) });
  return html`
    <div class="chips">
      ${chips.map(
        (chip) => html`
          <${Chip} key=${`${chip.name} ${chip.label}`} text=${chip.label} onRemove=${() => without(chip)} />
        `,
      )}
    </div>
  `;
}

function Columns({ names, onChange }) {
  const toggle = (name) => {
    const next = names.includes(name) ? names.filter((one) => one !== name) : [...names, name];
    keepColumns(next);
    onChange(next);
  };
  return html`
    <details class="columns">
      <summary class="button small">${t("catalogue.columns")}</summary>
      <fieldset class="panel">
        <legend class="unseen">${t("catalogue.columns")}</legend>
        ${COLUMNS.map(
          ({ name }) => html`
            <label>
              <input
                type="checkbox"
                checked=${names.includes(name)}
                onChange=${() => toggle(name)}
              />
              ${t(`catalogue.column.${name}`)}
            </label>
          `,
        )}
      </fieldset>
    </details>
  `;
}
