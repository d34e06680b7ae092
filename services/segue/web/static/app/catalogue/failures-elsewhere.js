// Where else something failed: the queue counts the failures of all catalogues, a list has those of one.

import { html } from "../html.js";
import { t } from "../i18n.js";
import { current, to } from "../route.js";
import { useServer } from "../session.js";
import { useAnswer } from "../ui/answer.js";
import { letters } from "./letters.js";

/** Parameters: view (in which those of another catalogue are seen), counted (how many there are in all). */
export function FailuresElsewhere({ view, counted }) {
  const { catalogue: here } = current();
  const names = ["", ...(useServer()?.catalogues ?? [])].filter((name) => name !== here);
  const { value = [] } = useAnswer((signal) => failuresOf(names, signal), [names.join("\n"), counted]);
  if (!value.length) return null;
  return html`
    <p>
      ${t("failures.elsewhere")}
      ${value.map(
        ({ name, total }) => html`
          ${" "}<a key=${name} class="button small" href=${to(view, {}, name)}>
            ${name || t("app.defaultCatalogue")}: ${t("failures.total", { count: total })}
          </a>
        `,
      )}
    </p>
  `;
}

/** Of those catalogues in which something failed: [{name, total}]. */
export async function failuresOf(names, signal) {
  const found = await Promise.all(
    names.map(async (name) => ({ name, total: (await letters({ catalogue: name, size: 1 }, signal)).total })),
  );
  return found.filter(({ total }) => total > 0);
}
