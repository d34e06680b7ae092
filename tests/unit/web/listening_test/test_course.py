"""The course of a listening test: what is next, what is taken down, what is kept on the disk."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from segue.errors import InvalidArgument
from segue.listening_test.plan import Candidate, ListeningPlanUnusable, Plan, Trial
from segue.web.listening_test.answers import Answer, AnswerFile, ListeningAnswersUnusable
from segue.web.listening_test.course import ListeningTest, Progress, TrialNotFound
from segue.web.listening_test.plan_file import ListeningPlanExists, ListeningPlanMissing

SYSTEMS = ("one", "two", "random")
CANDIDATES = tuple(Candidate(name, (name,)) for name in SYSTEMS)
PLAN = Plan(
    "plan",
    1.0,
    1,
    SYSTEMS,
    (
        *(Trial(f"trial{number}", f"query{number}", CANDIDATES) for number in range(4)),
        Trial("even", "query", (Candidate("both", ("one", "two")), Candidate("any", ("random",)))),
    ),
)


@pytest.fixture
def web_folder(tmp_path):
    return tmp_path / "web"


@pytest.fixture
def course(web_folder):
    course = ListeningTest(web_folder)
    course.begin(PLAN)
    return course


def rate(course, account, trial_id, ratings):
    """Rate candidates by the ids of their tracks."""
    rater = course.rater(account)
    named = course.blinding.in_order(PLAN, course.trial(trial_id), rater)
    course.rate(rater, trial_id, {name: ratings[one.track_id] for name, one in named.items()})


def answers_file(folder):
    return folder / "listening" / "answers.jsonl"


ALL = {"one": 8, "two": 5, "random": 1}


def test_it_says_whether_a_test_is_planned(web_folder):
    course = ListeningTest(web_folder)
    assert not course.is_planned()
    course.begin(PLAN)
    assert course.is_planned()
    # A damaged plan is one: whoever opens it is told what is wrong.
    (web_folder / "listening" / "plan.json").write_text("{")
    assert course.is_planned()
    course.remove()
    assert not course.is_planned()


def test_trials_wait_until_they_are_rated_or_passed_over(course, web_folder):
    ann, bob = course.rater("ann"), course.rater("bob")
    assert len(course.waiting(ann)) == 5
    rate(course, "ann", "trial0", ALL)
    course.skip(ann, "trial1")
    rate(course, "ann", "even", {"both": 7, "any": 2})
    # Another process sees it at once.
    for one in (course, ListeningTest(web_folder)):
        assert {trial.trial_id for trial in one.waiting(ann)} == {"trial2", "trial3"}
        assert one.progress(ann) == Progress(2, 1, 5)
        assert one.progress(bob) == Progress(0, 0, 5)
        assert one.raters() == {ann.pseudonym: Progress(2, 1, 5)}


def test_a_rating_counts_for_every_system_that_has_the_candidate(course):
    rate(course, "ann", "even", {"both": 7, "any": 2})
    found = {one.system: (one.candidate, one.rating) for one in course.ratings()}
    assert found == {"one": ("both", 7), "two": ("both", 7), "random": ("any", 2)}
    assert {one.query for one in course.ratings()} == {"query"}


def test_the_same_twice_is_written_once_and_what_is_said_later_holds(course, web_folder):
    rate(course, "ann", "trial0", ALL)
    size = answers_file(web_folder).stat().st_size
    rate(course, "ann", "trial0", ALL)
    assert answers_file(web_folder).stat().st_size == size
    rate(course, "ann", "trial0", {**ALL, "one": 3})
    assert {one.system: one.rating for one in course.ratings()} == {**ALL, "one": 3}
    course.skip(course.rater("ann"), "trial0")
    assert list(course.ratings()) == []
    rate(course, "ann", "trial0", ALL)
    assert {one.system: one.rating for one in ListeningTest(web_folder).ratings()} == ALL


def test_what_is_no_rating_is_refused(course):
    ann = course.rater("ann")
    names = list(course.blinding.in_order(PLAN, PLAN.trials[0], ann))
    for ratings in (
        {},
        dict.fromkeys(names[:2], 5),
        {**dict.fromkeys(names, 5), "other": 5},
        dict.fromkeys(names, 0),
        dict.fromkeys(names, 11),
        dict.fromkeys(SYSTEMS, 5),
        # The names of another rater, and of another trial.
        dict.fromkeys(course.blinding.in_order(PLAN, PLAN.trials[0], course.rater("bob")), 5),
        dict.fromkeys(course.blinding.in_order(PLAN, PLAN.trials[1], ann), 5),
    ):
        with pytest.raises(InvalidArgument):
            course.rate(ann, "trial0", ratings)
    with pytest.raises(TrialNotFound):
        course.rate(ann, "none", dict.fromkeys(names, 5))
    with pytest.raises(TrialNotFound):
        course.skip(ann, "none")
    assert course.progress(ann) == Progress(0, 0, 5)


def test_a_name_leads_its_rater_alone_to_the_track(course):
    ann, trial = course.rater("ann"), PLAN.trials[0]
    for track_id in trial.tracks:
        name = course.blinding.name(PLAN, trial, ann, track_id)
        assert course.track("trial0", ann, name) == track_id
        for other in (("trial0", course.rater("bob")), ("trial1", ann)):
            with pytest.raises(TrialNotFound):
                course.track(*other, name)


def _rate_all(folder, account):
    course = ListeningTest(folder)
    for trial in PLAN.trials[:4]:
        rate(course, account, trial.trial_id, ALL)


def test_writers_at_the_same_time_lose_nothing(course, web_folder):
    # The lock is of an opened file: between threads as between processes.
    names = ["ann", "bob", "eve", ""]
    with ThreadPoolExecutor(4) as writers:
        list(writers.map(_rate_all, [web_folder] * 4, names))
    assert set(course.raters().values()) == {Progress(4, 0, 5)}
    assert len(list(course.ratings())) == 4 * 4 * 3


def test_a_line_that_was_cut_off_counts_as_not_said(course, web_folder):
    rate(course, "ann", "trial0", ALL)
    path = answers_file(web_folder)
    whole = path.read_bytes()
    for kept in range(len(whole)):
        path.write_bytes(whole[:kept])
        course = ListeningTest(web_folder)
        assert course.progress(course.rater("ann")).rated == 0
    rate(course, "ann", "trial0", ALL)
    rate(course, "bob", "trial0", ALL)
    assert len(list(ListeningTest(web_folder).ratings())) == 6


def test_what_was_said_again_and_again_does_not_fill_the_disk(tmp_path):
    writer, reader = AnswerFile(tmp_path, most_replaced=20), AnswerFile(tmp_path)
    for moment in range(200):
        writer.add([Answer("trial", "ann", "one", 1 + moment % 10, moment)])
        assert reader.every()["ann", "trial"]["one"].rating == 1 + moment % 10
    assert len((tmp_path / "answers.jsonl").read_text().splitlines()) <= 1 + 1 + 21


def test_a_damaged_file_is_named(course, web_folder):
    rate(course, "ann", "trial0", ALL)
    path = answers_file(web_folder)
    path.write_bytes(path.read_bytes() + b"{}\n")
    with pytest.raises(ListeningAnswersUnusable, match=r"answers\.jsonl is damaged"):
        list(ListeningTest(web_folder).ratings())
    (web_folder / "listening" / "plan.json").write_text("[")
    with pytest.raises(ListeningPlanUnusable, match=r"plan\.json is damaged"):
        course.plan()


def test_what_a_rater_said_is_forgotten(course, web_folder):
    other = ListeningTest(web_folder)
    rate(course, "ann", "trial0", ALL)
    rate(course, "bob", "trial1", ALL)
    assert len(list(other.ratings())) == 6
    assert course.forget("Ann") == 1
    assert course.forget("nobody") == 0
    for one in (course, other):
        assert list(one.raters()) == [course.rater("bob").pseudonym]
    assert course.rater("ann").pseudonym not in answers_file(web_folder).read_text()


def test_names_stand_in_no_file_and_others_cannot_read_them(course, web_folder):
    rate(course, "somebody", "trial0", ALL)
    for path in (web_folder / "listening").iterdir():
        assert "somebody" not in path.read_text()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_there_is_one_test_until_it_is_removed(course, web_folder):
    other = ListeningTest(web_folder)
    rate(other, "ann", "trial0", ALL)
    with pytest.raises(ListeningPlanExists):
        course.begin(PLAN)
    with pytest.raises(ListeningPlanExists, match="5 queries"):
        course.check_free()
    course.remove()
    course.check_free()
    for one in (course, other):
        with pytest.raises(ListeningPlanMissing):
            one.waiting(one.rater("ann"))
    with pytest.raises(ListeningPlanMissing):
        course.remove()
    course.begin(PLAN)
    assert other.progress(other.rater("ann")) == Progress(0, 0, 5)


def test_where_nothing_is_planned_there_is_no_rater(web_folder):
    course = ListeningTest(web_folder)
    with pytest.raises(ListeningPlanMissing):
        course.rater("ann")
    assert course.forget("ann") == 0
