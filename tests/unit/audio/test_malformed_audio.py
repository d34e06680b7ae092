import time

import numpy as np
import pytest

from malformed_audio import ANY_AUDIO_REASON, clean_audio, malformed_audio
from segue.audio.analysis import analyse
from segue.audio.front_end import FrontEnd
from segue.errors import AUDIO_REASONS, AudioError

FRONT = FrontEnd()
CASES = malformed_audio()


def test_there_are_many_and_always_the_same():
    assert len(CASES) >= 60
    assert len({case.name for case in CASES}) == len(CASES)
    clean_audio.cache_clear()
    assert malformed_audio() == CASES
    assert set(AUDIO_REASONS) >= ANY_AUDIO_REASON


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_is_refused_with_its_reason_or_gives_finite_audio(case):
    started = time.process_time()
    refusal, batches = None, []
    try:
        batches = list(analyse(case.content, FRONT))
    except AudioError as error:
        refusal = error
    assert time.process_time() - started < 10
    if refusal is not None:
        assert refusal.reason in case.reasons
        assert refusal.next_step == AUDIO_REASONS[refusal.reason]
        return
    assert case.may_decode, "it should have been refused"
    for batch in batches:
        assert np.isfinite(batch.mels).all()
        assert batch.mels.min() >= FRONT.floor_db
        assert batch.mels.max() <= 0
