import pytest
from django.template import Context, Template
from django.test import RequestFactory


@pytest.mark.parametrize(
    ("path", "marked"),
    [("/rewards/", 'aria-current="page"'), ("/rewards/tea/", 'aria-current="true"'), ("/", "")],
)
def test_link_says_whether_the_reader_is_there(path, marked):
    context = Context({"request": RequestFactory().get(path), "url": "/rewards/"})
    html = Template("{% load navigation %}<a {% current url %}>").render(context)
    assert html == f"<a {marked}>"
