// The icons of the page: lines on a grid of 24, drawn here so that none is fetched.

import { html } from "../html.js";

const PATHS = {
  play: "M8 5.5v13l11-6.5z",
  pause: "M7 5h3.5v14H7zM13.5 5H17v14h-3.5z",
  next: "M6 5.5v13l9-6.5zM16.5 5.5h2v13h-2z",
  previous: "M18 5.5v13l-9-6.5zM5.5 5.5h2v13h-2z",
  close: "M6 6l12 12M18 6L6 18",
  search: "M11 4a7 7 0 1 0 0 14a7 7 0 0 0 0-14zM16.2 16.2L20 20",
  upload: "M12 16V4M7 9l5-5l5 5M4 16v3a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-3",
  download: "M12 4v12M7 11l5 5l5-5M4 19h16",
  microphone: "M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3zM5.5 11a6.5 6.5 0 0 0 13 0M12 17.5V21",
  stop: "M7 7h10v10H7z",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  without: "M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18zM5.7 5.7l12.6 12.6",
  more: "M6 9l6 6l6-6",
  less: "M6 15l6-6l6 6",
  why: "M9.5 9.5a2.5 2.5 0 1 1 3.7 2.2c-.8.45-1.2 1-1.2 1.8M12 17v.01M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18z",
  passage: "M4 10v4M8 6v12M12 9v6M16 4v16M20 10v4",
  copies: "M8 8h12v12H8zM16 8V4H4v12h4",
  share: "M9 15l6-6M10.5 6.5l1.3-1.3a4 4 0 0 1 5.7 5.7l-1.8 1.8M13.5 17.5l-1.3 1.3a4 4 0 0 1-5.7-5.7l1.8-1.8",
  warning: "M12 4L2.5 20h19zM12 10v4.5M12 17.3v.01",
  music: "M9 18V6l11-2v12M9 18a2.5 2.5 0 1 1-5 0a2.5 2.5 0 0 1 5 0zM20 16a2.5 2.5 0 1 1-5 0a2.5 2.5 0 0 1 5 0z",
  volume: "M4 10v4h3.5L12 18V6L7.5 10zM15.5 9a4 4 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11",
  muted: "M4 10v4h3.5L12 18V6L7.5 10zM16 9.5l5 5M21 9.5l-5 5",
  edit: "M4 20l1-4.5L16.5 4L20 7.5L8.5 19z",
  delete: "M5 7h14M10 7V4.5h4V7M7 7l1 13h8l1-13",
  up: "M12 19V5M6 11l6-6l6 6",
  down: "M12 5v14M6 13l6 6l6-6",
  orders: "M8 10l4-4l4 4M8 14l4 4l4-4",
  drag: "M9 6v.01M15 6v.01M9 12v.01M15 12v.01M9 18v.01M15 18v.01",
  save: "M5 4h11l3 3v13H5zM8 4v5h7V4M8 20v-6h8v6",
  again: "M20 12a8 8 0 1 1-2.5-5.8M20 3.5V8h-4.5",
  swap: "M8 20V5M4.5 8.5L8 5l3.5 3.5M16 4v15M12.5 15.5L16 19l3.5-3.5",
  theme: "M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18",
  filter: "M4 6h16M7 12h10M10 18h4",
  list: "M4 6h16M4 12h16M4 18h10",
  person: "M12 4a4 4 0 1 0 0 8a4 4 0 0 0 0-8zM4.5 20a7.5 7.5 0 0 1 15 0",
  lasso: "M12 4c5 0 8.5 2.4 8.5 5.5S17 15 12 15s-8.5-2.4-8.5-5.5S7 4 12 4zM8 14.5c-1.5.8-2 2-1 3s2.5.5 2.5 2.5",
  whole: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  mark: "M3 12h2M8 7v10M12 3v18M16 7v10M19 12h2",
};

const SOLID = new Set(["play", "pause", "next", "previous", "stop"]);

/** Parameters: name of the icon. Screen readers pass over it: what it stands for is said beside it. */
export function Icon({ name }) {
  return html`
    <svg class=${SOLID.has(name) ? "icon solid" : "icon"} viewBox="0 0 24 24" aria-hidden="true">
      <path d=${PATHS[name]} />
    </svg>
  `;
}
