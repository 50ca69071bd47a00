import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from core.models import AuditEntry
from purchases import tasks
from purchases.enums import ImportState
from purchases.models import ApiToken, ImportJob, Purchase
from purchases.services.tokens import find_token

CSV = """till_no,who,day,paid
P1,m1,2026-03-01 10:00,10.00
P2,m1,2026-03-01 11:00,-5.00
P3,=cmd,2026-03-02,oops
"""
COLUMNS = {"external_id": "till_no", "member": "who", "purchased_at": "day", "amount": "paid"}


@pytest.fixture
def upload(shop, storages, clock):
    def send(client, text=CSV, **fields):
        data = text if isinstance(text, bytes) else text.encode()
        return client.post(
            reverse("admin:purchases_importjob_upload"),
            {"source": shop.source.pk, "file": SimpleUploadedFile("a.csv", data), **fields},
        )

    return send


@pytest.fixture
def manager(log_in):
    return log_in("manager")


def page_of(job, name="change"):
    return reverse(f"admin:purchases_importjob_{name}", args=[job.pk])


def test_upload_keeps_a_draft_and_shows_the_first_rows(manager, upload):
    response = upload(manager)
    job = ImportJob.objects.get()
    assert response["Location"].startswith(page_of(job, "columns"))
    assert (job.state, job.created_by) == (ImportState.DRAFT, manager.user)
    page = manager.get(response["Location"])
    assert "P1" in page.text
    assert "UTF-8" in page.text
    assert "No column is mapped" in page.text
    assert Purchase.objects.count() == 0


def test_encoding_is_detected_or_as_declared(manager, upload):
    text = "订单号,日期,金额,顾客编号\nP1,2026-03-01,10.00,王小明\n".encode("gb18030")
    response = upload(manager, text, encoding="gb18030")
    page = manager.get(response["Location"])
    assert page.context["preview"].encoding == "gb18030"
    assert page.context["form"]["external_id"].value() == "订单号"
    assert "王小明" in page.text


def test_confirmed_columns_start_it_and_are_remembered(manager, upload, shop):
    upload(manager)
    job = ImportJob.objects.get()
    response = manager.post(page_of(job, "columns"), COLUMNS)
    assert response["Location"] == page_of(job)
    job.refresh_from_db()
    shop.source.refresh_from_db()
    assert job.state == ImportState.WAITING
    assert shop.source.mapping == {field: [column] for field, column in COLUMNS.items()}
    page = manager.get(page_of(job))
    assert 'hx-trigger="every 2s"' in page.text
    assert 'http-equiv="refresh"' in page.text
    actions = list(AuditEntry.objects.about(job).order_by("pk").values_list("action", flat=True))
    assert actions == ["import.uploaded", "import.started"]


def test_wrong_column_is_named(manager, upload):
    upload(manager)
    job = ImportJob.objects.get()
    response = manager.post(page_of(job, "columns"), COLUMNS | {"amount": "price"})
    assert "price" in str(response.context["form"].errors["amount"])
    job.refresh_from_db()
    assert job.state == ImportState.DRAFT


def test_unreadable_file_is_refused_on_the_page(manager, upload):
    response = upload(manager, b"\x1f\x8b broken")
    assert response.status_code == 200
    assert response.context["form"].errors["file"]
    assert not ImportJob.objects.exists()


def test_too_large_upload_is_turned_away_unread(manager, upload, settings):
    settings.IMPORT_MAX_BYTES = 10
    assert upload(manager, "x" * 2_000_000).status_code == 413
    assert not ImportJob.objects.exists()


def test_upload_needs_the_token_of_the_form(manager, shop, storages):
    manager.handler.enforce_csrf_checks = True
    response = manager.post(
        reverse("admin:purchases_importjob_upload"),
        {"source": shop.source.pk, "file": SimpleUploadedFile("a.csv", CSV.encode())},
    )
    assert response.status_code == 403


@pytest.mark.django_db(transaction=True)
def test_finished_import_shows_counts_and_a_safe_report(manager, upload):
    upload(manager)
    job = ImportJob.objects.get()
    manager.post(page_of(job, "columns"), COLUMNS)
    tasks.run_import(job.pk)
    job.refresh_from_db()
    assert (job.state, job.purchase_count, job.refused_count) == (ImportState.DONE, 1, 2)
    page = manager.get(page_of(job))
    assert "every 2s" not in page.text
    assert "$10.00" in page.text
    report = manager.get(page_of(job, "refused"))
    text = b"".join(report.streaming_content).decode("utf-8-sig")
    assert report["Content-Disposition"] == f'attachment; filename="refused-{job.pk}.csv"'
    assert "P2" in text
    assert "\n=cmd" not in text
    assert ",=cmd" not in text
    entry = AuditEntry.objects.get(action="import.report_downloaded")
    assert entry.actor == manager.user


def test_report_is_for_those_who_see_imports(clerk, manager, upload):
    upload(manager)
    job = ImportJob.objects.get()
    for name in ("change", "columns", "refused"):
        assert clerk.get(page_of(job, name)).status_code == 403
    assert manager.get(page_of(job, "refused")).status_code == 404


# --- Tokens -------------------------------------------------------------------------------------


@pytest.fixture
def token(owner, shop, clock):
    response = owner.post(
        reverse("admin:purchases_apitoken_add"),
        {"name": "Till 1", "source": shop.source.pk, "scopes": ["purchases.write"]},
    )
    return response


def test_token_is_shown_once(owner, token, now):
    text = token.context["text"]
    kept = ApiToken.objects.get()
    assert find_token(text, now=now) == kept
    assert kept.created_by == owner.user
    assert text in token.text
    page = owner.get(reverse("admin:purchases_apitoken_change", args=[kept.pk]))
    assert text not in page.text
    assert AuditEntry.objects.about(kept).get().action == "token.created"


def test_token_needs_a_scope(owner, shop):
    response = owner.post(
        reverse("admin:purchases_apitoken_add"), {"name": "Till 1", "source": shop.source.pk}
    )
    assert response.status_code == 200
    assert not ApiToken.objects.exists()


def test_token_is_revoked_after_a_question(owner, token, now):
    kept = ApiToken.objects.get()
    url = reverse("admin:purchases_apitoken_revoke", args=[kept.pk])
    assert "never works again" in owner.get(url).text
    assert find_token(token.context["text"], now=now) is not None
    owner.post(url)
    assert find_token(token.context["text"], now=now) is None
    assert AuditEntry.objects.filter(action="token.revoked", actor=owner.user).exists()


def test_manager_makes_and_revokes_no_token(manager, token):
    kept = ApiToken.objects.get()
    url = reverse("admin:purchases_apitoken_revoke", args=[kept.pk])
    assert manager.post(url).status_code == 403
    assert manager.get(reverse("admin:purchases_apitoken_add")).status_code == 403
    kept.refresh_from_db()
    assert kept.is_usable


def test_nothing_of_a_token_changes(owner, token):
    kept = ApiToken.objects.get()
    url = reverse("admin:purchases_apitoken_change", args=[kept.pk])
    owner.post(url, {"name": "Other", "scopes": ["purchases.read"]})
    kept.refresh_from_db()
    assert (kept.name, kept.scopes) == ("Till 1", ["purchases.write"])


# --- Catalogue ----------------------------------------------------------------------------------


def test_category_is_added_with_its_lineage(owner, club):
    from purchases.models import Category

    url = reverse("admin:purchases_category_add")
    owner.post(url, {"name": "Dairy", "parent": ""})
    dairy = Category.objects.get(name="Dairy")
    owner.post(url, {"name": "Milk", "parent": dairy.pk})
    milk = Category.objects.get(name="Milk")
    assert milk.lineage == [milk.pk, dairy.pk]
    owner.post(reverse("admin:purchases_category_change", args=[milk.pk]), {"name": "Milks"})
    milk.refresh_from_db()
    assert (milk.name, milk.slug, milk.parent) == ("Milks", "dairy--milk", dairy)
    # The parent is meant, whatever it is called by now.
    owner.post(url, {"name": "Oat", "parent": milk.pk})
    oat = Category.objects.get(name="Oat")
    assert (oat.slug, oat.lineage) == ("dairy--milk--oat", [oat.pk, milk.pk, dairy.pk])
    assert Category.objects.count() == 3
    added = AuditEntry.objects.filter(action="category.added", actor=owner.user).order_by("pk")
    assert [row.subject_id for row in added] == [str(each.pk) for each in (dairy, milk, oat)]


@pytest.mark.parametrize("name", ["!!!", "Dairy", "dairy"])
def test_category_without_a_name_of_its_own_is_refused(owner, club, name):
    from purchases.models import Category

    url = reverse("admin:purchases_category_add")
    owner.post(url, {"name": "Dairy", "name_ja": "乳製品"})
    response = owner.post(url, {"name": name}, headers={"referer": f"http://testserver{url}"})
    assert response.url.endswith(url)
    assert list(Category.objects.values_list("name", "i18n")) == [("Dairy", {"name_ja": "乳製品"})]
