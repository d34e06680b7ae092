// Files on their way into the catalogue: sent one after the other, and followed until each is in the index
// or has failed.

import { call } from "../api.js";
import { current } from "../route.js";
import { Follower } from "./follower.js";
import { post } from "./post.js";

const AT_A_TIME = 2;
const ENDED = new Set(["indexed", "skipped", "dead", "cancelled", "failed", "stopped"]);

/** Whether nothing more becomes of an entry by itself. */
export function ended(entry) {
  return ENDED.has(entry.state);
}

/**
 * What is sent and followed, whichever view shows it.
 *
 * Each entry: {key, name, size, sent, state, reason, message, nextStep, trackId, jobId}. States are those
 * of the API ("queued", "running", "retrying", "indexed", "skipped", "dead", "cancelled"), and before them
 * "waiting", "sending", "failed" (the server did not take it) and "stopped".
 */
export class Transfer {
  entries = [];
  #jobId = "";
  #sending = new Map();
  #next = 0;
  #watchers = new Set();
  #follower;

  /** @param {string} catalogue - into which files go */
  constructor(catalogue) {
    this.catalogue = catalogue;
    this.#follower = new Follower(catalogue, (status) => this.#told(status), () => this.#changed());
  }

  /** Call `watcher` at every change; what is returned ends that. */
  subscribe(watcher) {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** Whether something is on its way from here: it is lost when the page goes. */
  get sending() {
    return this.entries.some(({ state }) => state === "sending" || state === "waiting");
  }

  get active() {
    return this.entries.some((entry) => !ended(entry));
  }

  /** Whether no worker lives that could take what waits. */
  get stalled() {
    return this.active && this.#follower.workersGone;
  }

  add(files) {
    for (const file of files) {
      const { name, size } = file;
      this.entries.push({ key: this.#next++, file, name, size, sent: 0, state: "waiting" });
    }
    this.#fillUp();
  }

  /** Send once more what the server did not take. */
  again(entry) {
    this.#set(entry, { state: "waiting", sent: 0, reason: "", message: "", nextStep: "" });
    this.#fillUp();
  }

  /** Follow a job that was made elsewhere, such as by a replay: its tracks become entries. */
  follow(jobId) {
    this.#follower.follow(jobId, { all: true });
  }

  /** Send no more, and let no track that waits begin. */
  async cancel() {
    for (const entry of this.entries) if (entry.state === "waiting") entry.state = "stopped";
    for (const sending of this.#sending.values()) sending.abort();
    const jobs = new Set(this.entries.filter((one) => one.jobId && !ended(one)).map((one) => one.jobId));
    this.#jobId = "";
    this.#changed();
    const { catalogue } = this;
    for (const job of jobs) await call(`jobs/${encodeURIComponent(job)}:cancel`, { json: {}, catalogue });
  }

  /** Forget what has come to its end. */
  clear() {
    this.entries = this.entries.filter((entry) => !ended(entry));
    this.#changed();
  }

  #fillUp() {
    // The first file makes the job that the others join.
    const most = this.#jobId ? AT_A_TIME : 1;
    while (this.#sending.size < most) {
      const entry = this.entries.find(({ state }) => state === "waiting");
      if (!entry) break;
      this.#send(entry);
    }
    this.#changed();
  }

  async #send(entry) {
    entry.state = "sending";
    const sending = post(entry.file, {
      catalogue: this.catalogue,
      jobId: this.#jobId,
      onProgress: (sent) => this.#set(entry, { sent }),
    });
    this.#sending.set(entry.key, sending);
    const { body, error, aborted } = await sending.answer;
    this.#sending.delete(entry.key);
    if (aborted) entry.state = "stopped";
    else if (error) this.#refused(entry, error);
    else this.#accepted(entry, body);
    this.#fillUp();
  }

  #accepted(entry, { job_id: jobId, track_id: trackId }) {
    this.#jobId = jobId;
    Object.assign(entry, { sent: entry.size, state: "queued", jobId, trackId, file: null });
    // The track may have been told of before the answer to its upload came.
    const told = this.#follower.lastOf(jobId, trackId);
    if (told) this.#told(told);
    this.#follower.follow(jobId);
  }

  #refused(entry, { reason, message, nextStep }) {
    if (this.#jobId && (reason === "JOB_NOT_FOUND" || reason === "JOB_CANCELLED")) {
      // The job that it was to join is no more: it makes one of its own.
      this.#jobId = "";
      entry.state = "waiting";
    } else {
      Object.assign(entry, { state: "failed", reason, message, nextStep });
    }
  }

  #told({ name, foreign, ...status }) {
    const { jobId, trackId } = status;
    const known = this.entries.filter(
      (one) => one.trackId === trackId && (foreign || one.jobId === jobId),
    );
    if (!known.length && foreign) {
      known.push({ key: this.#next++, name: name || trackId, size: 0, sent: 0 });
      this.entries.push(...known);
    }
    for (const entry of known) Object.assign(entry, status);
  }

  #set(entry, values) {
    Object.assign(entry, values);
    this.#changed();
  }

  #changed() {
    for (const watcher of this.#watchers) watcher();
  }
}

const transfers = new Map();

/** The transfer into the catalogue that is looked at: it goes on while other views and catalogues are shown. */
export function currentTransfer() {
  const { catalogue } = current();
  if (!transfers.has(catalogue)) transfers.set(catalogue, new Transfer(catalogue));
  return transfers.get(catalogue);
}

window.addEventListener("beforeunload", (event) => {
  if ([...transfers.values()].some(({ sending }) => sending)) event.preventDefault();
});
