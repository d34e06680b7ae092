// English. Each view has its names begin with its own: "search.", "map.", "playlists.".

export const en = {
  "app.title": "Segue",
  "app.search": "Search",
  "app.map": "Map",
  "app.playlists": "Playlists",
  "app.catalogue": "Catalogue",
  "app.operations": "Operations",
  "app.listening": "Listening test",
};
