// The tracks of a listing as rows of a table of any length.
//
// The API lists page after page, each by the token that the one before ended with. So first the ids are
// listed, which is cheap, as far as somebody has looked; the tracks themselves are asked for by their ids,
// only where the table stands, and forgotten again when it has gone elsewhere.

const FIRST_IDS = 200;
const MORE_IDS = 1_000;
const BLOCK = 100;
const KEPT_BLOCKS = 40;
const REST_MILLISECONDS = 60;

/** A listing whose rows are loaded where they are looked at. */
export class Rows {
  ids = [];
  complete = false;
  error = null;
  #source;
  #changed;
  #token = "";
  #blocks = new Map();
  #wanted = { first: 0, last: 0 };
  #busy = false;
  #timer = 0;
  #stop = new AbortController();

  /**
   * @param {{list, get}} source - list({page_size, page_token}, signal) answers {tracks, next_page_token};
   *   get(ids, signal) answers {tracks}
   * @param {() => void} changed - called when rows, their number or the error are others
   */
  constructor(source, changed) {
    this.#source = source;
    this.#changed = changed;
  }

  /** The track of a row: null while it is not here, and for one that is gone only its id. */
  track(index) {
    const id = this.ids[index];
    return id === undefined ? null : (this.#blocks.get(Math.floor(index / BLOCK))?.get(id) ?? null);
  }

  /** Whether the table stands where the listing has not come yet. */
  get behind() {
    return !this.complete && this.ids.length > 0 && this.ids.length <= this.#wanted.first;
  }

  /** Have the rows from `first` to `last` loaded, once the table rests there. */
  want(first, last) {
    this.#wanted = { first, last };
    if (this.error) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#run(), this.ids.length ? REST_MILLISECONDS : 0);
  }

  /** Go on after an error. */
  retry() {
    this.error = null;
    this.#changed();
    this.#run();
  }

  /** Show a track as it is now, where its row is loaded. */
  replace(track) {
    for (const block of this.#blocks.values()) {
      if (block.has(track.track_id)) block.set(track.track_id, track);
    }
    this.#changed();
  }

  /** Leave out what was deleted. */
  remove(ids) {
    const gone = new Set(ids);
    this.ids = this.ids.filter((id) => !gone.has(id));
    this.#blocks.clear();
    this.#changed();
    this.#run();
  }

  close() {
    clearTimeout(this.#timer);
    this.#stop.abort();
  }

  async #run() {
    if (this.#busy) return;
    this.#busy = true;
    try {
      while (await this.#step());
    } catch (error) {
      if (error.name !== "AbortError") {
        this.error = error;
        this.#changed();
      }
    } finally {
      this.#busy = false;
    }
  }

  /** One request towards what is wanted; whether there was one to make. */
  async #step() {
    const { first, last } = this.#wanted;
    // What is at hand is shown before the way to the rest goes on.
    const block = this.#missingBlock(first, last);
    if (block !== null) await this.#fill(block);
    else if (!this.complete && this.ids.length <= last) await this.#extend();
    else return false;
    this.#changed();
    return true;
  }

  #missingBlock(first, last) {
    const end = Math.min(last, this.ids.length - 1);
    for (let at = Math.floor(first / BLOCK); at * BLOCK <= end; at++) {
      const expected = Math.min(BLOCK, this.ids.length - at * BLOCK);
      if ((this.#blocks.get(at)?.size ?? 0) < expected) return at;
    }
    return null;
  }

  async #fill(at) {
    const ids = this.ids.slice(at * BLOCK, (at + 1) * BLOCK);
    const { tracks = [] } = await this.#source.get(ids, this.#stop.signal);
    this.#stop.signal.throwIfAborted();
    const block = new Map(ids.map((id) => [id, { track_id: id, gone: true }]));
    for (const track of tracks) block.set(track.track_id, track);
    this.#blocks.delete(at);
    this.#blocks.set(at, block);
    for (const oldest of this.#blocks.keys()) {
      if (this.#blocks.size <= KEPT_BLOCKS) break;
      this.#blocks.delete(oldest);
    }
  }

  async #extend() {
    const page = { page_size: this.ids.length ? MORE_IDS : FIRST_IDS, page_token: this.#token };
    const { tracks = [], next_page_token: token } = await this.#source.list(page, this.#stop.signal);
    this.#stop.signal.throwIfAborted();
    for (const { track_id: id } of tracks) this.ids.push(id);
    this.#token = token ?? "";
    this.complete = !token;
  }
}
