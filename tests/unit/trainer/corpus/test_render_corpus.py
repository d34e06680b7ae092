"""A rendered corpus: it resumes, and its tracks do not depend on each other."""

import numpy as np
import soundfile

from segue.trainer.corpus.manifest import read_manifest
from segue.trainer.corpus.render_corpus import CorpusRecipe, render_corpus, render_track

RATE = 22_050


def test_a_corpus_resumes_and_does_not_depend_on_order(installed, tmp_path):
    recipe = CorpusRecipe(seed=9, seconds=5.0, form="wav", rate_hz=RATE, mono=True)
    held, failures = render_corpus(tmp_path / "a", 2, recipe, jobs=1)
    assert (held, failures) == (2, [])
    kept = (tmp_path / "a" / "r9-00000.wav").stat().st_mtime_ns
    (tmp_path / "a" / "r9-00001.wav").unlink()
    assert render_corpus(tmp_path / "a", 2, recipe, jobs=1) == (2, [])
    assert (tmp_path / "a" / "r9-00000.wav").stat().st_mtime_ns == kept
    (tmp_path / "b").mkdir()
    alone = render_track(recipe, 1, tmp_path / "b")
    assert alone == read_manifest(tmp_path / "a" / "manifest.jsonl")[1]
    within, by_itself = (
        soundfile.read(tmp_path / folder / "r9-00001.wav", dtype="float64")[0] for folder in "ab"
    )
    np.testing.assert_allclose(by_itself, within, atol=2 / 32_768)
