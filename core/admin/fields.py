"""Plain fields in the looks of the back office, and links to its pages."""

from django import forms
from django.forms.widgets import Input
from django.urls import reverse
from django.utils.html import format_html
from unfold.widgets import (
    CHECKBOX_CLASSES,
    INPUT_CLASSES,
    SELECT_CLASSES,
    TEXTAREA_CLASSES,
    UnfoldAdminFileFieldWidget,
)

_CLASSES = (
    (forms.CheckboxInput, CHECKBOX_CLASSES),
    (forms.Select, SELECT_CLASSES),
    (forms.Textarea, TEXTAREA_CLASSES),
    (Input, INPUT_CLASSES),
)


def dress_form(form):
    """Give the plain widgets of a form the looks of the back office."""
    dress_fields(form.fields.values())
    return form


def dress_fields(fields):
    for field in fields:
        if isinstance(field, forms.FileField):
            field.widget = UnfoldAdminFileFieldWidget()  # its script expects this very mark-up
        attrs = field.widget.attrs
        for kind, classes in _CLASSES:
            if isinstance(field.widget, kind) and "class" not in attrs:
                attrs["class"] = " ".join(classes)


def link_to(obj, label=None, *, request=None):
    """A link to an object's page; the bare label where ``request``'s user may not open it."""
    if obj is None:
        return "–"
    opts = obj._meta
    text = label if label is not None else str(obj)
    if request and not request.user.has_perm(f"{opts.app_label}.view_{opts.model_name}"):
        return text
    url = reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[obj.pk])
    return format_html('<a class="text-link" href="{}">{}</a>', url, text)
