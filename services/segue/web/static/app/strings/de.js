// Deutsch. As in en.js.

export const de = {
  "app.title": "Segue",
  "app.search": "Suche",
  "app.map": "Karte",
  "app.playlists": "Wiedergabelisten",
  "app.catalogue": "Katalog",
  "app.operations": "Betrieb",
  "app.listening": "Hörtest",
};
