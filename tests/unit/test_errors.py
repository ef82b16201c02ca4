"""Errors travel: Celery pickles what a task raised, for its log and its result backend."""

from __future__ import annotations

import pickle

import pytest

from frappe_celery.errors import FrappeCeleryError, ItemInDoubt, ItemsFailed


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ItemInDoubt("rows", "INV-1"), "item 'INV-1' of the loop 'rows' had committed by itself"),
        (ItemsFailed([("INV-2", "ValueError: broken")]), "'INV-2': ValueError: broken"),
    ],
)
def test_an_error_of_several_arguments_arrives_as_itself(
    error: FrappeCeleryError, said: str
) -> None:
    arrived = pickle.loads(pickle.dumps(error))
    assert type(arrived) is type(error)
    assert said in str(arrived) == str(error)
