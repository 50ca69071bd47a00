"""The shapes of this app's calls. Texts are judged by ``services.reviews.incoming``."""

from typing import Annotated

from ninja import Schema
from pydantic import ConfigDict, Field, StringConstraints

from purchases.schemas import ErrorOut

Site = Annotated[str, StringConstraints(strict=True, strip_whitespace=True, min_length=1,
                                        max_length=60)]  # fmt: skip
Text = Annotated[str, StringConstraints(strict=True, max_length=20_000)]


class _Strict(Schema):
    model_config = ConfigDict(extra="forbid")


class ReviewIn(_Strict):
    id: Text = Field(description="The review's id at the site; it is taken in once.")
    written_at: Text = Field(description="ISO 8601; without an offset in the club's zone.",
                             examples=["2026-11-21"])  # fmt: skip
    stars: Text = Field(description="One to five.", examples=["4"])
    title: Text = ""
    text: Text = ""
    author: Text = Field("", description="As the site shows it.")
    url: Text = Field("", description="Where it stands there.")
    language: Text = ""
    product: Text = Field("", description="Its id at the token's source; empty: about the club.")


class ReviewsIn(_Strict):
    site: Site = Field(description="Where they come from, as readers know it.")
    show: bool = Field(False, description="On the public pages too, marked with the site.")
    reviews: list[ReviewIn]


class ReviewResultOut(Schema):
    id: str
    state: str = Field(description="created, known or refused")
    errors: list[ErrorOut]


class ReviewsOut(Schema):
    results: list[ReviewResultOut]
