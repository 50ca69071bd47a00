"""What restraint and responses tell the registries: the count of messages, and who may do what."""

from members.registry import register_contact_counter, register_role_permissions

_WRITES = (
    "campaigns.view_suppression",
    "campaigns.add_suppression",
    "campaigns.delete_suppression",
)

# Those that left, and those that may have: what is just being handed over, or was when a worker
# died.
_CONTACTS = """
    SELECT x.member_id, x.channel, x.sent_at
    FROM campaigns_message x JOIN campaigns_mailing g ON g.id = x.mailing_id
    WHERE x.sent_at IS NOT NULL AND g.purpose <> 'service'
    UNION ALL
    SELECT x.member_id, x.channel,
           CASE x.state WHEN 'sending' THEN 'infinity'::timestamptz ELSE x.due_at END
    FROM campaigns_message x JOIN campaigns_mailing g ON g.id = x.mailing_id
    WHERE x.state IN ('unknown', 'sending') AND g.purpose <> 'service'
"""


def register() -> None:
    register_contact_counter("campaigns", _CONTACTS)
    register_role_permissions(
        "campaigns.restraint",
        {
            "clerk": ["campaigns.view_messageevent"],
            "marketer": [*_WRITES, "members.view_contactcap", "members.view_contactpolicy"],
            "manager": [
                *_WRITES,
                "members.view_contactcap",
                "members.add_contactcap",
                "members.change_contactcap",
                "members.delete_contactcap",
                "members.view_contactpolicy",
                "members.change_contactpolicy",
            ],
        },
    )
