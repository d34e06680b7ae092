// Above the table: words, filters, and which columns it has.

import { html, useEffect, useId, useRef, useState } from "../html.js";
import { t } from "../i18n.js";
import { Filters } from "../search/filters.js";
import { isFiltered, readQuery } from "../search/query.js";
import { Button, IconButton } from "../ui/button.js";
import { COLUMNS, keepColumns } from "./columns.js";
import { filterChanges } from "./filter.js";
import { ORDERS } from "./order.js";

const SETTLE_MILLISECONDS = 250;

/**
 * Parameters: parameters, columns (names), onColumns(names), order ({by, falling}), onOrder(order),
 * onChange(changes of parameters).
 */
export function Narrowing({ parameters, columns, onColumns, order, onOrder, onChange }) {
  const query = readQuery(parameters);
  const [open, setOpen] = useState(isFiltered(query));
  const id = useId();
  return html`
    <div class="narrowing" role="search" aria-label=${t("catalogue.narrow")}>
      <${Words} value=${parameters.get("words") ?? ""} onSettle=${(words) => onChange({ words })} />
      <${Button}
        icon="filter"
        aria-expanded=${open ? "true" : "false"}
        aria-controls=${id}
        onClick=${() => setOpen(!open)}
      >
        ${t("catalogue.filters")}
      <//>
      <${Order} order=${order} onChange=${onOrder} />
      <${Columns} names=${columns} onChange=${onColumns} />
    </div>
    <div id=${id} class="panel narrowing-filters" hidden=${!open}>
      ${open &&
      html`<${Filters}
        query=${query}
        change=${(changes) => onChange(filterChanges(parameters, changes))}
      />`}
    </div>
  `;
}

/** A text field whose value counts when the hands rest. */
function Words({ value, onSettle }) {
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
    <label class="unseen" for=${id}>${t("catalogue.words")}</label>
    <input
      id=${id}
      class="field"
      type="search"
      placeholder=${t("catalogue.words")}
      value=${shown}
      onInput=${typed}
    />
  `;
}

/** A phone has no headings to press, and what stands in no column has none. */
function Order({ order, onChange }) {
  const choose = (event) => onChange({ by: event.currentTarget.value, falling: false });
  return html`
    <div class="order">
      <select class="field" aria-label=${t("catalogue.order")} onChange=${choose}>
        ${ORDERS.map(
          (name) => html`
            <option key=${name} value=${name} selected=${name === order.by}>${t(`catalogue.column.${name}`)}</option>
          `,
        )}
      </select>
      <${IconButton}
        label=${t(order.falling ? "catalogue.falling" : "catalogue.rising")}
        icon=${order.falling ? "down" : "up"}
        onClick=${() => onChange({ ...order, falling: !order.falling })}
      />
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
      <summary class="button">${t("catalogue.columns")}</summary>
      <fieldset class="panel">
        <legend class="unseen">${t("catalogue.columns")}</legend>
        ${COLUMNS.map(
          ({ name }) => html`
            <label key=${name}>
              <input type="checkbox" checked=${names.includes(name)} onChange=${() => toggle(name)} />
              ${t(`catalogue.column.${name}`)}
            </label>
          `,
        )}
      </fieldset>
    </details>
  `;
}
