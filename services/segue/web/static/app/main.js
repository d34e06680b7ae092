// The page: navigation, the view that the address names, the player.

import { html, render, useEffect, useState } from "./html.js";
import { t } from "./i18n.js";
import { to, useRoute } from "./route.js";

/** Views by name, in the order of the navigation; each module exports `View({ parameters })`. */
const VIEWS = {
  search: () => import("./views/search.js"),
};

function App() {
  const route = useRoute();
  const View = useView(route.view);
  return html`
    <header class="bar">
      <a class="name" href=${to("search")}>${t("app.title")}</a>
      <nav>
        ${Object.keys(VIEWS).map(
          (name) => html`
            <a href=${to(name)} aria-current=${name === route.view ? "page" : undefined}>
              ${t(`app.${name}`)}
            </a>
          `,
        )}
      </nav>
    </header>
    <main>${View && html`<${View} parameters=${route.parameters} />`}</main>
  `;
}

function useView(name) {
  const [views, setViews] = useState({});
  useEffect(() => {
    const load = VIEWS[name] ?? VIEWS.search;
    if (!views[name]) load().then(({ View }) => setViews((known) => ({ ...known, [name]: View })));
  }, [name]);
  return views[name];
}

render(html`<${App} />`, document.getElementById("app"));
