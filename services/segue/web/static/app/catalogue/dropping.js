// Files out of what was dropped on the page, folders with all that lies in them.

/**
 * The files of a drop, in the order of their paths.
 *
 * @param {DataTransfer} dropped - looked at before this returns: the browser empties it afterwards
 * @returns {Promise<File[]>}
 */
export function filesOf(dropped) {
  const entries = [...dropped.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  const plain = [...dropped.files];
  return entries.length ? collected(entries) : Promise.resolve(plain);
}

async function collected(entries) {
  const files = [];
  const rest = [...entries].sort(byName);
  while (rest.length) {
    const entry = rest.shift();
    if (entry.isFile) files.push(await fileOf(entry));
    else rest.unshift(...(await childrenOf(entry)).sort(byName));
  }
  return files.filter(({ name }) => !name.startsWith("."));
}

function fileOf(entry) {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

async function childrenOf(folder) {
  const reader = folder.createReader();
  const children = [];
  for (;;) {
    // A reader gives at most a hundred at a time, and none at the end.
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return children;
    children.push(...some);
  }
}

function byName(one, other) {
  return one.name.localeCompare(other.name);
}

/** Whether a file may be music: what says that it is something else is not sent. */
export function maybeAudio({ type, name }) {
  if (type.startsWith("audio/") || type.startsWith("video/")) return true;
  if (type === "application/ogg" || type === "") return !NO_AUDIO.test(name);
  return false;
}

const NO_AUDIO = /\.(jpe?g|png|gif|webp|txt|nfo|log|m3u8?|pls|cue|sfv|md5|pdf|db|ini|html?)$/i;
