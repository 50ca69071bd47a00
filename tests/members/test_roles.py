import pytest
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command

from core.models import AuditEntry
from members import registry
from members.roles import ROLES
from members.services.roles import list_role_differences, sync_roles

pytestmark = pytest.mark.django_db


def test_sync_makes_the_groups_and_is_idempotent(now):
    differences = sync_roles(by=None, now=now)
    assert {difference.role for difference in differences} == set(ROLES)
    assert list_role_differences() == []
    assert sync_roles(by=None, now=now) == []
    assert AuditEntry.objects.filter(action="role.synced").count() == len(ROLES)
    assert Group.objects.get(name="owner").permissions.count() == Permission.objects.count()


def test_sync_repairs_a_role(now):
    sync_roles(by=None, now=now)
    clerk = Group.objects.get(name="clerk")
    clerk.permissions.add(Permission.objects.get(codename="delete_member"))
    clerk.permissions.remove(Permission.objects.get(codename="view_member"))
    (difference,) = sync_roles(by=None, now=now)
    assert difference.missing == ("members.view_member",)
    assert difference.surplus == ("members.delete_member",)
    assert list_role_differences() == []


def test_check_exits_1_on_a_difference_and_changes_nothing(now, capsys):
    with pytest.raises(SystemExit) as stop:
        call_command("sync_roles", "--check")
    assert stop.value.code == 1
    assert not Group.objects.exists()
    call_command("sync_roles")
    call_command("sync_roles", "--check")
    assert "All roles are as reviewed." in capsys.readouterr().out


def test_apps_extend_roles(registered, now):
    registry.register_role_permissions("test", {"clerk": ["members.delete_notice"]})
    registered(registry.role_permissions, "test")
    sync_roles(by=None, now=now)
    assert Group.objects.get(name="clerk").permissions.filter(codename="delete_notice").exists()


@pytest.mark.parametrize("addition", [{"clerk": ["members.fly"]}, {"pilot": ["members.view_*"]}])
def test_mistakes_in_the_data_are_errors(registered, addition):
    registry.register_role_permissions("test", addition)
    registered(registry.role_permissions, "test")
    with pytest.raises(ImproperlyConfigured):
        list_role_differences()
