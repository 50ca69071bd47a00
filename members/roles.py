"""What each staff role may do: reviewed data, applied and checked by ``manage.py sync_roles``.

A permission is ``app.codename``; ``*`` stands for anything within a part. Each app above adds
its own through ``members.registry.register_role_permissions``. A pattern that matches nothing
is an error: it grants less than the reviewer read.
"""

CLERK = "clerk"
MARKETER = "marketer"
MANAGER = "manager"
OWNER = "owner"

ROLES: dict[str, tuple[str, ...]] = {
    # Serves members at the counter: finds, enrols, corrects a name or an address, reads out a
    # claim code.
    CLERK: (
        "members.view_member",
        "members.add_member",
        "members.change_member",
        "members.view_memberreference",
        "members.view_activity",
        "members.view_notice",
        "members.add_claimcode",
        "members.view_consent",
        "members.add_consent",
        "members.*_address",
        "members.view_household",
        "members.view_duplicatepair",
    ),
    # Speaks to members as sets; sees who is in them.
    MARKETER: (
        "members.view_member",
        "members.view_activity",
        "members.view_notice",
        "members.*_audience",
        "members.view_audiencemember",
        "members.view_consent",
    ),
    # Runs the club day by day, and answers for what staff do.
    MANAGER: (
        "members.view_*",
        "members.add_member",
        "members.change_member",
        "members.add_claimcode",
        "members.*_address",
        "members.*_audience",
        "members.change_club",
        "members.delete_staffpin",
        "members.add_consent",
        "members.change_duplicatepair",
        "members.add_membermerge",
        "members.add_mergeundo",
        "members.add_dataexport",
        "members.add_erasurerequest",
        "members.change_erasurerequest",
        "members.*_recipient",
        "core.view_auditentry",
        "core.view_auditnote",
        "core.export_lists",
        "core.delete_savedfilter",
    ),
    # Everything, logins and roles included.
    OWNER: ("*.*",),
}
