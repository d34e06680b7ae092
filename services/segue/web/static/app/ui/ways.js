// Ways to other views or parts of one, in a row that is scrolled sideways where it is too narrow.

import { html, useEffect, useRef } from "../html.js";

/** Parameters: label, ways ([{name, href, text, badge}]), shown (name of the one that is looked at), class. */
export function Ways({ label, ways, shown, class: look = "" }) {
  const row = useRef();
  useEdges(row);
  useEffect(() => bringIntoSight(row.current), [shown, ways.length]);
  return html`
    <nav class="ways-row ${look}" aria-label=${label} ref=${row}>
      ${ways.map(
        ({ name, href, text, badge }) => html`
          <a key=${name} href=${href} aria-current=${name === shown ? "page" : undefined}>
            ${text}${badge > 0 && html` <span class="badge">${badge}</span>`}
          </a>
        `,
      )}
    </nav>
  `;
}

/** Scrolls the row alone: `scrollIntoView` would move the page too. */
function bringIntoSight(row) {
  const chosen = row.querySelector("[aria-current]");
  if (chosen) row.scrollLeft = chosen.offsetLeft - (row.clientWidth - chosen.offsetWidth) / 2;
}

/** Tells the style at which sides there is more to scroll to. */
function useEdges(row) {
  useEffect(() => {
    const element = row.current;
    const look = () => {
      const rest = element.scrollWidth - element.clientWidth - element.scrollLeft;
      element.toggleAttribute("data-before", element.scrollLeft > 1);
      element.toggleAttribute("data-after", rest > 1);
    };
    const size = new ResizeObserver(look);
    size.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    return () => (size.disconnect(), element.removeEventListener("scroll", look));
  }, []);
}
