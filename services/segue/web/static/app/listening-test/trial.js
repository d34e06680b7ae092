// One trial: the query, its candidates, and what they are rated with.

import { address, call } from "../api.js";
import { html, useLayoutEffect, useRef, useState } from "../html.js";
import { t } from "../i18n.js";
import { Button } from "../ui/button.js";
import { PlayButton } from "../ui/play-button.js";
import { Problem } from "../ui/problem.js";
import { clock } from "../words.js";
import { Scale } from "./scale.js";

const LETTERS = ["A", "B", "C"];
/** Beginnings tell little of longer tracks: they are heard from a third of them on. */
const LONG_SECONDS = 60;

/** Parameters: trial (of the API), focused (its beginning gets the focus), onDone (rated or passed over), onPause. */
export function Trial({ trial, focused, onDone, onPause }) {
  const [ratings, setRatings] = useState({});
  const [failure, setFailure] = useState(null);
  const [busy, setBusy] = useState(false);
  const heading = useRef();
  const queue = heardIn(trial);
  const left = trial.candidates.filter(({ sound }) => !(sound in ratings)).length;

  // The control that led here is gone: whoever reads by keyboard begins with the query.
  useLayoutEffect(() => {
    if (focused) heading.current.focus();
  }, [focused]);

  async function send(said) {
    setBusy(true);
    setFailure(null);
    try {
      await call("listening-test/ratings", { json: { trial: trial.trial, ...said } });
      onDone();
    } catch (error) {
      setFailure(error);
      setBusy(false);
    }
  }

  function submit(event) {
    event.preventDefault();
    if (!left && !busy) send({ ratings });
  }

  return html`
    <form class="trial" onSubmit=${submit}>
      <section class="panel query">
        <${PlayButton} queue=${queue} index=${0} size="large" />
        <div>
          <h2 tabindex="-1" ref=${heading}>${t("listening.query")}</h2>
          <p class="quiet">${t("listening.queryNext")}</p>
        </div>
        <span class="quiet numbers">${clock(trial.query.duration_seconds)}</span>
      </section>
      ${trial.candidates.map(
        ({ sound }, place) => html`
          <section key=${sound} class="panel candidate">
            <${PlayButton} queue=${queue} index=${place + 1} size="large" />
            <${Scale}
              name=${queue[place + 1].title}
              value=${ratings[sound]}
              onChange=${(rating) => setRatings((before) => ({ ...before, [sound]: rating }))}
            />
          </section>
        `,
      )}
      ${failure &&
      html`<${Problem} error=${failure} onRetry=${failure.status === 404 ? onDone : undefined} />`}
      <footer>
        <${Button} kind="strong" type="submit" disabled=${left > 0 || busy}>${t("listening.save")}<//>
        <${Button} disabled=${busy} onClick=${() => send({ skip: true })}>${t("listening.skip")}<//>
        <${Button} kind="plain" icon="pause" onClick=${onPause}>${t("listening.pause")}<//>
        <p class="quiet" role="status">${left > 0 && t("listening.left", { count: left })}</p>
      </footer>
    </form>
  `;
}

/** Entries of the player: nothing in them tells what is heard. */
function heardIn({ trial, query, candidates }) {
  const entry = ({ sound, duration_seconds: seconds, gain_db: gainDb }, title) => ({
    id: sound,
    title,
    artist: t("app.listening"),
    source: address(`listening-test/trials/${trial}/${sound}/audio`),
    durationSeconds: seconds,
    startSeconds: seconds > LONG_SECONDS ? seconds / 3 : 0,
    gainDb,
  });
  return [
    entry(query, t("listening.query")),
    ...candidates.map((one, place) => entry(one, t("listening.candidate", { letter: LETTERS[place] }))),
  ];
}
