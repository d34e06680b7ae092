// Light, dark, or as the device has it.

import { makeStore, useStore } from "./store.js";

const KEY = "segue.theme";
const THEMES = ["auto", "light", "dark"];

const store = makeStore({ theme: localStorage.getItem(KEY) ?? "auto" });
show();

/** "auto", "light" or "dark". */
export function useTheme() {
  return useStore(store, ({ theme }) => theme);
}

/** Go to the next of them. */
export function nextTheme() {
  const theme = THEMES[(THEMES.indexOf(store.get().theme) + 1) % THEMES.length];
  localStorage.setItem(KEY, theme);
  store.set({ theme });
  show();
}

function show() {
  document.documentElement.dataset.theme = store.get().theme;
}
