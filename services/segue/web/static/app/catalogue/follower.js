// Jobs of ingest as they go on, told by the server as it happens.

import { address } from "../api.js";
import { lastName } from "../words.js";

/** Follows jobs until each is done. */
export class Follower {
  workersGone = false;
  #watches = new Map();
  #last = new Map();
  #catalogue;
  #told;
  #changed;

  /**
   * @param {string} catalogue - whose jobs they are
   * @param {(status) => void} told - a track's state: {jobId, trackId, name, state, reason, message, foreign}
   * @param {() => void} changed - after each message
   */
  constructor(catalogue, told, changed) {
    this.#catalogue = catalogue;
    this.#told = told;
    this.#changed = changed;
  }

  /** Follow a job; `all`: its tracks were not sent from here. */
  follow(jobId, { all = false } = {}) {
    const open = this.#watches.get(jobId);
    if (open && open.readyState !== EventSource.CLOSED) return;
    const watch = new EventSource(address(`jobs/${encodeURIComponent(jobId)}/events`, this.#catalogue));
    this.#watches.set(jobId, watch);
    // The stream ends with the job; a file that joins the job later opens another.
    watch.addEventListener("end", () => watch.close());
    watch.addEventListener("message", ({ data }) => {
      const { changed = [], job, worker_presence: presence } = JSON.parse(data);
      if (presence) this.workersGone = presence === "WORKER_PRESENCE_GONE";
      for (const status of changed) this.#hear(jobId, status, all);
      if (job?.done) watch.close();
      this.#changed();
    });
  }

  /** What was last told of a track of a job, or undefined. */
  lastOf(jobId, trackId) {
    return this.#last.get(`${jobId} ${trackId}`);
  }

  #hear(jobId, { track_id: trackId, uri, state, reason = "", message = "" }, foreign) {
    const name = lastName(uri);
    const short = state.replace("INGEST_STATE_", "").toLowerCase();
    const status = { jobId, trackId, name, state: short, reason, message, foreign };
    this.#last.set(`${jobId} ${trackId}`, status);
    this.#told(status);
  }
}
