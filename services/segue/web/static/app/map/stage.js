// The map itself: its canvas, what is drawn over it, and what the reader's hands do there.

import { html, useEffect, useMemo, useRef, useState } from "../html.js";
import { t } from "../i18n.js";
import { IconButton } from "../ui/button.js";
import { WHOLE, panned, zoomed } from "./camera.js";
import { listen } from "./gestures.js";
import { Overlay } from "./overlay.js";
import { MapScene } from "./scene.js";
import { Tooltip } from "./tooltip.js";

const SETTLE_MILLISECONDS = 250;
const ZOOM_STEP = 1.6;

/**
 * Parameters: map, colours (RGBA of each point), camera (where it begins), marks ({near, neighbours, path, chosen}:
 * rows), drawing (whether a drag draws a lasso), hear (whether hovering plays), onSettle(camera, scene),
 * onPick(row), onLasso(rows), onScene(scene).
 */
export function Stage({ map, colours, camera, marks, drawing, hear, onScene, ...on }) {
  const [box, canvas] = [useRef(), useRef()];
  const [frame, setFrame] = useState(null);
  const [hovered, setHovered] = useState(null);
  const [outline, setOutline] = useState([]);
  const latest = useRef();
  latest.current = { ...on, drawing, hovered };
  const scene = useScene({ box, canvas, camera, setFrame, onScene });

  useEffect(() => setHovered(null), [map]);
  useEffect(() => scene.current.setMap(map, colours), [map, colours]);
  useEffect(() => scene.current.setFaded(marks.near >= 0 || marks.path.length > 0), [marks]);
  useEffect(() => {
    const handlers = handlersFor({ scene, latest, setHovered, setOutline });
    const end = listen(canvas.current, handlers);
    return () => (end(), handlers.stop());
  }, []);

  const zoom = (factor) => () => {
    const one = scene.current;
    one.look(factor ? zoomed(one.camera, one.size, factor) : WHOLE);
    latest.current.onSettle(one.camera, one);
  };
  return html`
    <div class="stage ${drawing ? "drawing" : ""}" ref=${box}>
      <canvas
        ref=${canvas}
        tabindex="0"
        role="application"
        aria-roledescription=${t("map.roleDescription")}
        aria-label=${t("map.label", { count: map.ids.length })}
        aria-describedby="map-keys"
      />
      <p class="unseen" id="map-keys">${t("map.keys")}</p>
      ${frame && html`<${Overlay} ...${{ map, frame, marks, hovered: hovered?.row ?? -1, outline }} />`}
      <${Tooltip} ...${{ map, hovered, hear, shown: hovered?.camera === frame?.camera }} />
      <div class="zoom" role="group" aria-label=${t("map.zoom")}>
        <${IconButton} label=${t("map.zoomIn")} icon="plus" kind="" onClick=${zoom(ZOOM_STEP)} />
        <${IconButton} label=${t("map.zoomOut")} icon="minus" kind="" onClick=${zoom(1 / ZOOM_STEP)} />
        <${IconButton} label=${t("map.whole")} icon="whole" kind="" onClick=${zoom(0)} />
      </div>
    </div>
  `;
}

function useScene({ box, canvas, camera, setFrame, onScene }) {
  const scene = useRef();
  const counter = useMemo(() => ({ frames: 0 }), []);
  useEffect(() => {
    const onFrame = ({ camera: at, size }) => setFrame({ camera: at, size, number: ++counter.frames });
    const made = new MapScene(canvas.current, { camera, onFrame });
    scene.current = made;
    onScene(made);
    const observer = new ResizeObserver(([{ contentRect }]) => {
      if (contentRect.width && contentRect.height) {
        made.resize({ width: contentRect.width, height: contentRect.height });
      }
    });
    observer.observe(box.current);
    return () => (observer.disconnect(), made.close());
  }, []);
  return scene;
}

/** What gestures do; `stop` forgets what was still to come. */
function handlersFor({ scene, latest, setHovered, setOutline }) {
  let timer = 0;
  const moved = (camera) => {
    scene.current.look(camera);
    setHovered(null);
    clearTimeout(timer);
    timer = setTimeout(() => latest.current.onSettle(camera, scene.current), SETTLE_MILLISECONDS);
  };
  const pickAt = (left, top) => {
    const row = scene.current.pick(left, top);
    if (row >= 0) latest.current.onPick(row);
  };
  /** What is named under the pointer is what a click means, wherever it has moved within that click. */
  const click = (left, top, pointer) => {
    const { hovered } = latest.current;
    if (pointer !== "touch" && hovered?.camera === scene.current.camera) latest.current.onPick(hovered.row);
    else pickAt(left, top);
  };
  return {
    stop: () => clearTimeout(timer),
    pan: (right, down) => moved(panned(scene.current.camera, scene.current.size, right, down)),
    zoom: (factor, left, top) => moved(zoomed(scene.current.camera, scene.current.size, factor, left, top)),
    whole: () => moved(WHOLE),
    hover(left, top, pointer) {
      if (pointer === "touch") return;
      const row = scene.current.pick(left, top);
      const { camera } = scene.current;
      const same = (before) => before?.row === row && before.camera === camera;
      setHovered((before) => (same(before) ? before : row < 0 ? null : { row, left, top, camera }));
    },
    leave: () => setHovered(null),
    click,
    pickMiddle() {
      const { width, height } = scene.current.size;
      const [row] = scene.current.seen(1);
      if (row === undefined) pickAt(width / 2, height / 2);
      else latest.current.onPick(row);
    },
    isLasso: (event) => latest.current.drawing || event.shiftKey,
    lasso: (points) => setOutline([...points]),
    lassoEnd(points) {
      setOutline([]);
      latest.current.onLasso(scene.current.inside(points));
    },
  };
}
