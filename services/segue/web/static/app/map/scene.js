// The points of a map on a canvas: draws a frame when something changed, and no more often than the screen shows.

import { scaleOf, toMap } from "./camera.js";
import { flatPoints } from "./flat.js";
import { treeOf } from "./picking.js";
import { hasWebGl, webGlPoints } from "./webgl.js";

const [SMALLEST, LARGEST] = [2, 16];
/** How much of the space that a point has on average it fills. */
const FILLED = 0.5;
const PICK_PIXELS = 14;
/** Frames that take longer than this show fewer points while the map moves; all of them once it rests. */
const [SLOW_MILLISECONDS, QUICK_MILLISECONDS] = [30, 20];
const LEAST_SHARE = 0.2;
const REST_MILLISECONDS = 150;

/** Draws on a canvas; `onFrame(scene)` is told of every frame, for what is drawn over it. */
export class MapScene {
  constructor(canvas, { camera, onFrame }) {
    const draw = () => this.invalidate();
    this.points = hasWebGl() ? webGlPoints(canvas, () => this.#again()) : flatPoints(canvas);
    this.camera = camera;
    this.size = { width: 1, height: 1 };
    this.frames = 0;
    this.faded = false;
    this.map = null;
    this.colours = null;
    this.tree = null;
    this.#onFrame = onFrame;
    this.#frame = 0;
    this.#pace = new Pace();
    draw();
  }

  #onFrame;
  #frame;
  #pace;
  #rest;

  setMap(map, colours) {
    if (map !== this.map) {
      this.map = map;
      this.tree = treeOf(map);
      this.points.setPlaces(map.x, map.y);
    }
    this.colours = colours;
    this.points.setColours(colours);
    this.invalidate();
  }

  /** Faded, the points are the ground for what is drawn over them. */
  setFaded(faded) {
    this.faded = faded;
    this.invalidate();
  }

  look(camera) {
    this.camera = camera;
    this.invalidate();
    this.#pace.moves();
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => {
      this.#pace.rests();
      this.invalidate();
    }, REST_MILLISECONDS);
  }

  resize(size) {
    this.size = size;
    this.points.resize(size);
    this.invalidate();
  }

  invalidate() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  isShown = (row) => this.colours[4 * row + 3] > 0;

  /** Row of the point under a place of the screen, or -1. */
  pick(left, top) {
    const [x, y] = toMap(this.camera, this.size, left, top);
    const reach = Math.max(PICK_PIXELS, this.pointSize()) / scaleOf(this.camera, this.size);
    return this.map ? this.tree.nearest(x, y, reach, this.isShown) : -1;
  }

  /** Rows of the shown points nearest to the middle, of those that are seen. */
  seen(most) {
    const { camera, size } = this;
    const reach = Math.min(size.width, size.height) / 2 / scaleOf(camera, size);
    return this.map ? this.tree.nearestMany(camera.x, camera.y, reach, most, this.isShown) : [];
  }

  /** Rows of the shown points in an outline on the screen. */
  inside(outline) {
    const polygon = outline.map(([left, top]) => toMap(this.camera, this.size, left, top));
    return this.map && polygon.length > 2 ? this.tree.inside(polygon, this.isShown) : [];
  }

  /** In CSS pixels: larger where points have more room. */
  pointSize() {
    const count = Math.max(this.map?.ids.length ?? 1, 1) / this.camera.zoom ** 2;
    const room = Math.sqrt((this.size.width * this.size.height) / count);
    return Math.min(Math.max(FILLED * room, SMALLEST), LARGEST);
  }

  close() {
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#rest);
    this.points.close();
  }

  #again() {
    if (!this.map) return;
    this.points.setPlaces(this.map.x, this.map.y);
    this.points.setColours(this.colours);
    this.invalidate();
  }

  #draw() {
    if (this.map) {
      const { camera, size, faded } = this;
      const strength = faded ? 0.28 : this.pointSize() < 4 ? 0.75 : 0.9;
      this.points.draw({
        ...{ x: camera.x, y: camera.y, scale: scaleOf(camera, size) },
        ...{ size: this.pointSize(), strength, share: this.#pace.frame() },
      });
      this.frames += 1;
    }
    this.#onFrame(this);
  }
}

/** How many of the points a frame shows, by how long the frames before it took. */
class Pace {
  #moving = false;
  #share = 1;
  #last = 0;

  moves() {
    if (!this.#moving) this.#last = 0;
    this.#moving = true;
  }

  rests() {
    this.#moving = false;
  }

  /** Share of the points that the frame that is drawn now shows. */
  frame() {
    if (!this.#moving) return 1;
    const now = performance.now();
    const took = this.#last ? now - this.#last : 0;
    this.#last = now;
    if (took > SLOW_MILLISECONDS) this.#share = Math.max(LEAST_SHARE, this.#share * 0.8);
    else if (took && took < QUICK_MILLISECONDS) this.#share = Math.min(1, this.#share * 1.05);
    return this.#share;
  }
}
