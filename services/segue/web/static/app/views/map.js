// The catalogue in two dimensions: to be looked at, heard, and gathered from.

import { html, useCallback, useEffect, useMemo, useRef, useState } from "../html.js";
import { call } from "../api.js";
import { useGenreColours } from "../genre-colours.js";
import { t } from "../i18n.js";
import { changed, current, go } from "../route.js";
import { useSession } from "../session.js";
import { useTheme } from "../theme.js";
import { useAnswer } from "../ui/answer.js";
import { useMedia } from "../ui/media.js";
import { Problem, Skeletons } from "../ui/problem.js";
import { colouredBy, readAddress, rememberCamera } from "../map/address.js";
import { WHOLE, around } from "../map/camera.js";
import { loadInfo, loadMap } from "../map/data.js";
import { Legend } from "../map/legend.js";
import { Making } from "../map/making.js";
import { paint } from "../map/paint.js";
import { MOST_CHOSEN, Panel } from "../map/panel.js";
import { Stage } from "../map/stage.js";
import { Tools } from "../map/tools.js";

const NEIGHBOURS = 12;
const SEEN = 12;
const LOOK_MILLISECONDS = 30_000;
const HEAR_KEY = "segue.map.hear";

export function View({ parameters }) {
  const asked = readAddress(parameters);
  const { value: map, error, reload } = useAnswer(
    (signal) => loadMap(asked.layout, asked.scheme === "label" ? asked.label : "", signal),
    [asked.layout, asked.scheme === "label" ? asked.label : ""],
  );
  useNewerMaps(map, reload);
  const genres = useGenreColours();
  return html`
    <div class="map">
      <h1 class="unseen">${t("app.map")}</h1>
      ${error?.reason === "MAP_NOT_FOUND" || (!error && map?.ids.length === 0)
        ? html`<${Making} onMade=${reload} />`
        : error
          ? html`<${Problem} error=${error} onRetry=${reload} />`
          : map && genres
            ? html`<${Chart} ...${{ map, genres, asked: colouredBy(asked, map), parameters }} />`
            : html`<${Skeletons} count=${1} height="60vh" />`}
    </div>
  `;
}

/** Looks now and then whether another map has been published. */
function useNewerMaps(map, reload) {
  useEffect(() => {
    if (!map) return undefined;
    const timer = setInterval(async () => {
      const info = await loadInfo().catch(() => null);
      if (info?.map && info.map.version !== map.version) reload();
    }, LOOK_MILLISECONDS);
    return () => clearInterval(timer);
  }, [map?.version]);
}

function Chart({ map, genres, asked, parameters }) {
  const dark = useDark();
  const hiddenKey = [...asked.hidden].join("\n");
  const painted = useMemo(
    () => paint(map, asked.scheme, dark, asked.hidden, genres),
    [map, asked.scheme, dark, hiddenKey, genres],
  );
  const { value: info } = useAnswer(loadInfo, [map.version]);
  const [scene, setScene] = useState(null);
  const [seen, setSeen] = useState([]);
  const [chosen, setChosen] = useState([]);
  const [drawing, setDrawing] = useState(false);
  const [hear, setHear] = useHear();
  const { mayHear } = useSession();
  const near = useNeighbours(asked.near);
  const marks = useMarks(map, asked, near.ids, chosen);
  // Another place of the reader's than the one that this view was opened at is in the address by now.
  const change = useCallback((changes) => go(changed("map", current().parameters, changes)), []);
  const settle = (camera, one) => {
    rememberCamera(current().parameters, camera);
    setSeen(one.seen(SEEN).map((row) => map.ids[row]));
  };
  useWholeOf(scene, asked.layout);
  useFraming({ scene, map, marks, asked, parameters });
  useEffect(() => {
    if (scene) setSeen(scene.seen(SEEN).map((row) => map.ids[row]));
  }, [scene, map, painted]);

  const choose = (rows) => {
    setChosen(rows.map((row) => map.ids[row]));
    setDrawing(false);
  };
  const toggle = (key) => {
    const next = new Set(asked.hidden);
    if (!next.delete(key)) next.add(key);
    change({ hide: [...next] });
  };
  const toggleAll = () => {
    const some = painted.entries.some((one) => one.hidden);
    change({ hide: some ? null : painted.entries.map((one) => one.key) });
  };
  return html`
    <${Tools}
      ...${{ layout: asked.layout, scheme: asked.scheme, label: asked.label, drawing, hear, mayHear }}
      labels=${info?.map?.labels ?? []}
      onChange=${change}
      onDrawing=${() => setDrawing(!drawing)}
      onHear=${() => setHear(!hear)}
      onSeen=${() => choose(scene.seen(MOST_CHOSEN))}
    />
    <div class="board">
      <${Stage}
        ...${{ map, colours: painted.colours, camera: asked.camera, marks, drawing, hear: hear && mayHear }}
        onScene=${setScene}
        onSettle=${settle}
        onPick=${(row) => change({ near: map.ids[row], path: null })}
        onLasso=${choose}
      />
      <aside>
        <${Legend} ...${{ scheme: asked.scheme, painted }} onToggle=${toggle} onAll=${toggleAll} />
        <${Lists} ...${{ map, asked, near, seen, chosen, change }} onClear=${() => setChosen([])} />
      </aside>
    </div>
  `;
}

/** The table of what the map speaks of now: what was chosen, a path, a track's neighbours, or what is seen. */
function Lists({ map, asked, near, seen, chosen, change, onClear }) {
  const select = (id) => change({ near: id, path: null });
  if (chosen.length) {
    const note = chosen.length > MOST_CHOSEN ? t("map.tooMany", { count: MOST_CHOSEN }) : "";
    const title = t("map.chosen", { count: chosen.length });
    return html`<${Panel} ...${{ title, note, ids: chosen }} playlist onSelect=${select} onClear=${onClear} />`;
  }
  if (asked.path.length) {
    const clear = () => change({ path: null });
    return html`<${Panel} title=${t("map.path")} ids=${asked.path} playlist onSelect=${select} onClear=${clear} />`;
  }
  if (asked.near) {
    const note = map.rows.has(asked.near) ? "" : t("map.notOnMap");
    const clear = () => change({ near: null });
    return html`
      ${near.error && html`<${Problem} error=${near.error} onRetry=${near.reload} />`}
      <${Panel}
        ...${{ title: t("map.near"), note, ids: [asked.near, ...near.ids], scores: near.scores }}
        playlist
        onSelect=${select}
        onClear=${clear}
      />
    `;
  }
  return html`<${Panel} title=${t("map.seen")} note=${t("map.seenWhy")} ids=${seen} onSelect=${select} />`;
}

/** {ids, scores, error, reload} of the tracks most similar to one. */
function useNeighbours(id) {
  const { value, error, reload } = useAnswer(
    async (signal) => {
      if (!id) return { of: id, results: [] };
      const json = { seeds: [{ seed: { track_id: id } }], page_size: NEIGHBOURS };
      return { of: id, results: (await call("similar", { json, signal })).results ?? [] };
    },
    [id],
  );
  return useMemo(() => {
    const found = value?.of === id ? value.results : [];
    const ids = found.map(({ track }) => track.track_id);
    return { ids, scores: new Map(found.map(({ track, score }) => [track.track_id, score])), error, reload };
  }, [value, error, id]);
}

/** Rows of what is marked. */
function useMarks(map, asked, neighbours, chosen) {
  return useMemo(() => {
    const rows = (ids) => ids.map((id) => map.rows.get(id)).filter((row) => row !== undefined);
    return {
      near: map.rows.get(asked.near) ?? -1,
      neighbours: asked.path.length ? [] : rows(neighbours),
      path: rows(asked.path),
      chosen: rows(chosen),
    };
  }, [map, asked.near, asked.path.join("\n"), neighbours, chosen]);
}

/** Another layout begins with all of it: what was looked at is elsewhere in it. */
function useWholeOf(scene, layout) {
  const shown = useRef(layout);
  useEffect(() => {
    if (shown.current !== layout) scene?.look(WHOLE);
    shown.current = layout;
  }, [scene, layout]);
}

/** Brings a track or a path that the address names, and no place with it, into sight. */
function useFraming({ scene, map, marks, asked, parameters }) {
  const framed = useRef(parameters.has("at") ? `${asked.near} ${asked.path}` : " ");
  useEffect(() => {
    const key = `${asked.near} ${asked.path}`;
    const rows = marks.path.length ? marks.path : marks.near >= 0 ? [marks.near, ...marks.neighbours] : [];
    if (!scene || framed.current === key || !rows.length) return;
    if (!marks.path.length && !marks.neighbours.length) return;
    framed.current = key;
    const places = rows.map((row) => [map.x[row], map.y[row]]);
    scene.look(around(places, scene.size));
  }, [scene, marks]);
}

function useDark() {
  const theme = useTheme();
  const dark = useMedia("(prefers-color-scheme: dark)");
  return theme === "auto" ? dark : theme === "dark";
}

function useHear() {
  const [hear, setHear] = useState(localStorage.getItem(HEAR_KEY) !== "no");
  const set = (wanted) => {
    localStorage.setItem(HEAR_KEY, wanted ? "yes" : "no");
    setHear(wanted);
  };
  return [hear, set];
}
