// The page: navigation, the view that the address names, the player.

import { html, render, useEffect, useErrorBoundary, useLayoutEffect, useRef, useState } from "./html.js";
import { choose, language, languages, t } from "./i18n.js";
import { beginAtTop, to, useRoute } from "./route.js";
import { useDown } from "./connection.js";
import { CatalogueChoice } from "./catalogue-choice.js";
import { useListening } from "./listening.js";
import { useSession, useWho } from "./session.js";
import { Who } from "./who.js";
import { close } from "./player.js";
import { nextTheme, useTheme } from "./theme.js";
import { IconButton } from "./ui/button.js";
import { Icon } from "./ui/icon.js";
import { PlayerBar } from "./ui/player-bar.js";
import { Problem } from "./ui/problem.js";
import { Toasts } from "./ui/toast.js";
import { Ways } from "./ui/ways.js";

/** Views by name, in the order of the navigation; each module exports `View({ parameters })`. */
const VIEWS = {
  search: () => import("./views/search.js"),
  playlists: () => import("./views/playlists.js"),
  map: () => import("./views/map.js"),
  catalogue: () => import("./views/catalogue.js"),
  listening: () => import("./views/listening.js"),
  operations: () => import("./views/operations.js"),
  "sign-in": () => import("./views/sign-in.js"),
};

/** Views that are reached otherwise. */
const HIDDEN = new Set(["sign-in"]);

function App() {
  const route = useRoute();
  const { catalogue } = route;
  useWho(catalogue);
  useListening();
  // What is heard, and in the queue, is of the catalogue that is left.
  useEffect(() => close, [catalogue]);
  const name = Object.hasOwn(VIEWS, route.view) ? route.view : "search";
  return html`
    <a class="skip" href="#content" onClick=${skip}>${t("app.skip")}</a>
    <${Header} ...${{ name, catalogue }} />
    <${Banner} />
    <${Main} key=${`${catalogue} ${name}`} ...${{ name, catalogue }} parameters=${route.parameters} />
    <${PlayerBar} />
    <${Toasts} />
  `;
}

function Header({ name: shown, catalogue }) {
  const { listening_test: planned } = useSession();
  const names = Object.keys(VIEWS).filter((name) => !HIDDEN.has(name) && (planned || name !== "listening"));
  const ways = names.map((name) => ({ name, href: to(name), text: t(`app.${name}`) }));
  return html`
    <header class="bar">
      <a class="name" href=${to("search")}><${Icon} name="mark" />${t("app.title")}</a>
      <${Ways} label=${t("app.views")} ways=${ways} shown=${shown} />
      <div class="choices">
        <${CatalogueChoice} view=${shown} shown=${catalogue} />
        <${Who} />
        <${Theme} />
        <${Language} />
      </div>
    </header>
  `;
}

function Theme() {
  const theme = useTheme();
  return html`
    <${IconButton} label=${t(`app.theme.${theme}`)} icon="theme" onClick=${nextTheme} />
  `;
}

function Language() {
  return html`
    <select
      class="button plain small"
      aria-label=${t("app.language")}
      onChange=${(event) => choose(event.currentTarget.value)}
    >
      ${languages.map(
        (one) => html`<option key=${one} value=${one} selected=${one === language}>${one}</option>`,
      )}
    </select>
  `;
}

/** Says that the service is gone for as long as it is. */
function Banner() {
  const down = useDown();
  return html`
    <div role="status">${down && html`<p class="banner"><${Icon} name="warning" />${t("app.down")}</p>`}</div>
  `;
}

function Main({ name, catalogue, parameters }) {
  const [View, setView] = useState(null);
  const [failure, setFailure] = useState(null);
  const [broken, mend] = useErrorBoundary((error) => console.error(error));
  const main = useRef();
  useLayoutEffect(() => {
    document.title = [t(`app.${name}`), catalogue, t("app.title")].filter(Boolean).join(" – ");
    // A reader who went to another view goes on reading there; at the first one the page begins.
    if (Main.visited) main.current.focus({ preventScroll: true });
    beginAtTop();
    Main.visited = true;
    VIEWS[name]().then(({ View: loaded }) => setView(() => loaded), setFailure);
  }, []);
  const error = broken ?? failure;
  return html`
    <main id="content" tabindex="-1" ref=${main}>
      ${error
        ? html`<${Problem} error=${error} onRetry=${broken ? mend : () => location.reload()} />`
        : View && html`<${View} parameters=${parameters} />`}
    </main>
  `;
}

/** The address belongs to the views: the link to the content must leave it alone. */
function skip(event) {
  event.preventDefault();
  document.getElementById("content").focus();
}

render(html`<${App} />`, document.getElementById("app"));
