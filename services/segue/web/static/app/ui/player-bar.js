// The player as it stands at the bottom of the page, once something was played.

import { html, useEffect, useLayoutEffect, useRef } from "../html.js";
import { t } from "../i18n.js";
import * as player from "../player.js";
import { clock } from "../words.js";
import { Cover } from "./cover.js";
import { IconButton } from "./button.js";
import { told } from "./problem.js";
import { toast } from "./toast.js";

export function PlayerBar() {
  const { current, skipped } = player.usePlayer();
  useSpaceBar();
  useEffect(() => {
    if (skipped) toast(t("player.skipped", { title: skipped.entry.title, why: whyOf(skipped.error) }));
  }, [skipped]);
  return current ? html`<${Bar} />` : null;
}

function Bar() {
  const { current, error, queue, index, playing, volume } = player.usePlayer();
  const element = useRef();
  useHeight(element);
  return html`
    <section class="player" aria-label=${t("player.name")} ref=${element}>
      <div class="what">
        <${Cover} track=${current.track} seed=${current.id} />
        <div role="status">
          <span class="title" dir="auto">${current.title}</span>
          ${error
            ? html`<span class="said">${whyOf(error)}</span>`
            : html`<span class="artist" dir="auto">${current.artist}</span>`}
        </div>
      </div>
      <div class="transport">
        <div class="buttons">
          <${IconButton} label=${t("player.previous")} icon="previous" onClick=${player.previous} />
          <${IconButton}
            label=${playing ? t("player.pause") : t("player.play")}
            icon=${playing ? "pause" : "play"}
            kind="strong"
            onClick=${player.toggle}
          />
          <${IconButton}
            label=${t("player.next")}
            icon="next"
            disabled=${index + 1 >= queue.length}
            onClick=${player.next}
          />
        </div>
        <${Time} />
      </div>
      <div class="sides">
        <${IconButton}
          label=${volume ? t("player.mute") : t("player.unmute")}
          icon=${volume ? "volume" : "muted"}
          onClick=${() => player.setVolume(volume ? 0 : 1)}
        />
        <input
          type="range"
          min="0"
          max="1"
          step="0.05"
          value=${volume}
          aria-label=${t("player.volume")}
          onInput=${(event) => player.setVolume(event.currentTarget.valueAsNumber)}
        />
        <${IconButton} label=${t("player.close")} icon="close" onClick=${player.close} />
      </div>
    </section>
  `;
}

function whyOf(error) {
  return error.message ? told(error).message : t("player.broken");
}

function Time() {
  const { seconds, duration } = player.usePosition();
  return html`
    <div class="time numbers">
      <span>${clock(seconds)}</span>
      <input
        type="range"
        min="0"
        max=${Math.max(duration, 0.1)}
        step="0.1"
        value=${seconds}
        aria-label=${t("player.position")}
        aria-valuetext=${t("player.at", { position: clock(seconds), duration: clock(duration) })}
        onInput=${(event) => player.seek(event.currentTarget.valueAsNumber)}
        onKeyDown=${(event) => jump(event, seconds, duration)}
      />
      <span>${clock(duration)}</span>
    </div>
  `;
}

const JUMPS = { ArrowLeft: -5, ArrowDown: -5, ArrowRight: 5, ArrowUp: 5, PageDown: -30, PageUp: 30 };

/** A step of the slider is a tenth of a second: keys go further. */
function jump(event, seconds, duration) {
  const by = JUMPS[event.key];
  if (!by) return;
  event.preventDefault();
  player.seek(Math.min(Math.max(seconds + by, 0), duration));
}

/** What stands at the end of the page must not be hidden behind the player. */
function useHeight(element) {
  useLayoutEffect(() => {
    const root = document.documentElement;
    const size = new ResizeObserver(() =>
      root.style.setProperty("--player-height", `${element.current?.offsetHeight ?? 0}px`),
    );
    size.observe(element.current);
    return () => {
      size.disconnect();
      root.style.removeProperty("--player-height");
    };
  }, []);
}

/** The space bar plays and pauses where no control has the focus. */
function useSpaceBar() {
  useEffect(() => {
    const pressed = (event) => {
      const free = event.target === document.body || event.target.localName === "main";
      if (event.key !== " " || !free || event.defaultPrevented) return;
      event.preventDefault();
      player.toggle();
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, []);
}
