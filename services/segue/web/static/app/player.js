// The one player of the page: a queue, played through, with a crossfade where it is wanted.
//
// What it plays is made by `playable` (a track) or by hand: {id, title, artist, source} and, where known,
// track, startSeconds and endSeconds (the passage that is heard first), durationSeconds, gainDb (0 or less: by
// how much it is quieter than the volume says), search (text of the search that it answers).

import { address, ask } from "./api.js";
import { useStore, makeStore } from "./store.js";
import { artistOf, titleOf } from "./words.js";

const FADE_STEP_MILLISECONDS = 40;
/** Behind this, "previous" goes to the beginning of the track first. */
const RESTART_SECONDS = 4;
/** So many tracks in a row that cannot be played, and it is left to the reader to go on. */
const MOST_SKIPPED = 3;
/** What is refused like this is refused for every track. */
const REFUSED_FOR_ALL = new Set([401, 403, 429]);
const VOLUME_KEY = "segue.volume";

const store = makeStore({
  queue: [],
  index: -1,
  playing: false,
  waiting: false,
  error: null,
  skipped: null,
  crossfadeSeconds: 0,
  volume: Number(localStorage.getItem(VOLUME_KEY) ?? 1),
});
const position = makeStore({ seconds: 0, duration: 0 });

let decks = null;
let current = 0;
let fading = null;
let skippedInARow = 0;

/** A track, as the player takes it. */
export function playable(track, { startSeconds, endSeconds } = {}) {
  return {
    id: track.track_id,
    track,
    title: titleOf(track),
    artist: artistOf(track),
    source: address(`tracks/${encodeURIComponent(track.track_id)}/audio`),
    durationSeconds: track.duration_seconds ?? 0,
    startSeconds,
    endSeconds,
  };
}

/**
 * Play a queue from one of its entries on.
 *
 * @param {object} [options] - startSeconds (else the entry's own), crossfadeSeconds (0: none)
 */
export function play(queue, index = 0, { startSeconds, crossfadeSeconds = 0 } = {}) {
  endFade();
  skippedInARow = 0;
  store.set({ queue, crossfadeSeconds });
  start(index, startSeconds);
}

/** Go on, or pause. After an error it is tried again from where it broke. */
export function toggle() {
  const { playing, error, index } = store.get();
  if (index < 0) return;
  if (error) start(index, position.get().seconds);
  else if (playing) pause();
  else sound(deck());
}

export function pause() {
  endFade();
  deck().pause();
}

export function next() {
  const { queue, index } = store.get();
  if (index + 1 < queue.length) start(index + 1);
}

export function previous() {
  const { index } = store.get();
  if (index < 0) return;
  if (position.get().seconds > RESTART_SECONDS || index === 0) seek(0);
  else start(index - 1);
}

/** Have the queue end with what plays now, where that is of a list that nobody looks at any more. */
export function endAfterCurrent(isLeft) {
  const { queue, index } = store.get();
  if (index >= 0 && isLeft(queue[index])) store.set({ queue: queue.slice(0, index + 1) });
}

export function seek(seconds) {
  if (store.get().index < 0) return;
  endFade();
  deck().currentTime = seconds;
  position.set({ seconds });
}

/** In [0, 1]. */
export function setVolume(volume) {
  localStorage.setItem(VOLUME_KEY, volume);
  store.set({ volume });
  if (!fading) deck().volume = loudness();
}

/** Seconds that one track fades into the next; 0: none. */
export function setCrossfade(crossfadeSeconds) {
  store.set({ crossfadeSeconds });
}

/** Stop, and put the player away. */
export function close() {
  endFade();
  for (const audio of decks ?? []) silence(audio);
  store.set({ queue: [], index: -1, playing: false, waiting: false, error: null });
  position.set({ seconds: 0, duration: 0 });
  if ("mediaSession" in navigator) navigator.mediaSession.metadata = null;
}

/**
 * The player's state: {queue, index, current, playing, waiting, error, skipped ({entry, error}: the last one that could
 * not be played, and was gone on from), crossfadeSeconds, volume}.
 */
export function usePlayer() {
  const state = useStore(store, (value) => value);
  return { ...state, current: state.queue[state.index] };
}

/** {seconds, duration} of what is played, some four times a second. */
export function usePosition() {
  return useStore(position, (value) => value);
}

/** Calls `listener({current, seconds, duration})` as it plays; gives a function that ends it. */
export function watch(listener) {
  return position.subscribe(({ seconds, duration }) => {
    const { queue, index } = store.get();
    listener({ current: queue[index], seconds, duration });
  });
}

/** "playing", "paused", or null where it is something else that the player has. */
export function usePlaying(id) {
  return useStore(store, ({ queue, index, playing }) => {
    if (queue[index]?.id !== id) return null;
    return playing ? "playing" : "paused";
  });
}

function start(index, startSeconds) {
  const { queue } = store.get();
  const entry = queue[index];
  const audio = deck();
  store.set({ index, error: null, waiting: true });
  if (audio.dataset.source !== entry.source || audio.error) {
    audio.dataset.source = entry.source;
    audio.src = entry.source;
  }
  audio.currentTime = startSeconds ?? entry.startSeconds ?? 0;
  position.set({ seconds: audio.currentTime, duration: entry.durationSeconds ?? 0 });
  audio.volume = fading ? 0 : loudness();
  tell(entry);
  sound(audio);
}

/** Of the entry that plays, or of another one, as elements have it. */
function loudness(entry = currentEntry()) {
  return store.get().volume * Math.min(1, 10 ** ((entry?.gainDb ?? 0) / 20));
}

function currentEntry() {
  const { queue, index } = store.get();
  return queue[index];
}

function sound(audio) {
  audio.play().catch((error) => {
    // Another entry was chosen meanwhile, or the browser wants a click first: both are no fault.
    if (error.name === "AbortError" || error.name === "NotAllowedError") {
      store.set({ playing: !deck().paused, waiting: false });
    }
  });
}

function deck() {
  decks ??= [makeDeck(), makeDeck()];
  return decks[current];
}

function makeDeck() {
  const audio = document.createElement("audio");
  audio.preload = "auto";
  audio.volume = store.get().volume;
  document.body.append(audio);
  const ours = (handler) => () => audio === decks[current] && handler();
  const listen = (name, handler) => audio.addEventListener(name, ours(handler));
  listen("play", () => store.set({ playing: true }));
  listen("playing", () => {
    skippedInARow = 0;
    store.set({ waiting: false });
  });
  listen("pause", () => store.set({ playing: false, waiting: false }));
  listen("waiting", () => store.set({ waiting: true }));
  listen("ended", () => (hasNext() ? next() : store.set({ playing: false })));
  listen("error", () => broken(audio));
  listen("durationchange", () => isFinite(audio.duration) && position.set({ duration: audio.duration }));
  listen("timeupdate", () => {
    position.set({ seconds: audio.currentTime });
    fadeWhenDue(audio);
  });
  return audio;
}

const hasNext = () => store.get().index + 1 < store.get().queue.length;

function fadeWhenDue(audio) {
  const { crossfadeSeconds, playing } = store.get();
  if (!crossfadeSeconds || fading || !playing || !hasNext() || !isFinite(audio.duration)) return;
  // Of a short track no more than a third goes by in the fade.
  const length = Math.min(crossfadeSeconds, audio.duration / 3);
  if (audio.duration - audio.currentTime > length) return;
  const leaving = audio;
  current = 1 - current;
  fading = { leaving, length, timer: setInterval(() => fadeStep(), FADE_STEP_MILLISECONDS) };
  start(store.get().index + 1);
}

/** The loudness of both together stays the same: their powers add to one. */
function fadeStep() {
  const { leaving, length } = fading;
  const { queue, index } = store.get();
  const left = leaving.ended ? 0 : (leaving.duration - leaving.currentTime) / length;
  const share = 1 - Math.min(Math.max(left, 0), 1);
  leaving.volume = loudness(queue[index - 1]) * Math.cos((share * Math.PI) / 2);
  deck().volume = loudness() * Math.sin((share * Math.PI) / 2);
  if (share === 1) endFade();
}

function endFade() {
  if (!fading) return;
  clearInterval(fading.timer);
  silence(fading.leaving);
  fading = null;
  deck().volume = loudness();
}

function silence(audio) {
  audio.pause();
  audio.removeAttribute("src");
  delete audio.dataset.source;
  audio.load();
}

/** An audio element does not say why it failed: the API is asked for the first byte. One track ends no playlist. */
async function broken(audio) {
  if (!audio.dataset.source) return;
  const entry = currentEntry();
  const unplayable = { reason: "AUDIO_UNPLAYABLE", message: "" };
  store.set({ playing: false, waiting: false, error: unplayable });
  const refusal = await ask(entry.source, { headers: { Range: "bytes=0-0" } }).then(() => null, (error) => error);
  if (currentEntry() !== entry || audio !== deck() || !audio.error) return;
  const error = refusal ?? unplayable;
  if (!hasNext() || !isOfTrack(refusal) || skippedInARow >= MOST_SKIPPED) {
    store.set({ error });
    return;
  }
  skippedInARow += 1;
  store.set({ skipped: { entry, error } });
  next();
}

/** Whether a refusal (null: none, the browser cannot play what it gets) says nothing of other tracks. */
function isOfTrack(refusal) {
  if (!refusal) return true;
  return refusal.status >= 400 && refusal.status < 500 && !REFUSED_FOR_ALL.has(refusal.status);
}

/** What the keys for media and the lock screen show and do. */
function tell(entry) {
  if (!("mediaSession" in navigator)) return;
  navigator.mediaSession.metadata = new MediaMetadata({ title: entry.title, artist: entry.artist });
  const actions = { play: toggle, pause, nexttrack: next, previoustrack: previous };
  for (const [name, action] of Object.entries(actions)) {
    navigator.mediaSession.setActionHandler(name, action);
  }
  navigator.mediaSession.setActionHandler("seekto", ({ seekTime }) => seek(seekTime));
}
