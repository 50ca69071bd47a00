"""What the acts of this app are called where staff read of them."""

from django.utils.translation import pgettext_lazy

from core.acts import register_acts

register_acts(
    {
        "survey_invited": pgettext_lazy("act", "Invited to a survey"),
        "survey_reminder": pgettext_lazy("act", "Reminded of a survey"),
        "survey_answered": pgettext_lazy("act", "Survey answered"),
        "survey.created": pgettext_lazy("act", "Survey made"),
        "survey.changed": pgettext_lazy("act", "Survey changed"),
        "survey.drafted": pgettext_lazy("act", "Draft of a survey begun"),
        "survey.draft_changed": pgettext_lazy("act", "Draft of a survey changed"),
        "survey.draft_dropped": pgettext_lazy("act", "Draft of a survey thrown away"),
        "survey.published": pgettext_lazy("act", "Survey published"),
        "survey.trigger_set": pgettext_lazy("act", "Trigger of a survey set"),
        "survey.trigger_removed": pgettext_lazy("act", "Trigger of a survey removed"),
        "survey.closed": pgettext_lazy("act", "Survey closed"),
        "survey.reopened": pgettext_lazy("act", "Survey reopened"),
        "survey.exported": pgettext_lazy("act", "Answers to a survey taken as a file"),
        "response.themes_set": pgettext_lazy("act", "Themes of an answer set"),
        "followup_replied": pgettext_lazy("act", "Member answered by the club"),
        "follow_up.taken": pgettext_lazy("act", "Follow-up taken on"),
        "follow_up.handed_over": pgettext_lazy("act", "Follow-up handed over"),
        "follow_up.begun": pgettext_lazy("act", "Follow-up begun"),
        "follow_up.noted": pgettext_lazy("act", "Note on a follow-up"),
        "follow_up.replied": pgettext_lazy("act", "Member answered in a follow-up"),
        "follow_up.closed": pgettext_lazy("act", "Follow-up closed"),
        "follow_up.reopened": pgettext_lazy("act", "Follow-up opened again"),
        "review.written": pgettext_lazy("act", "Review written"),
        "review.changed": pgettext_lazy("act", "Review changed by its author"),
        "review.deleted": pgettext_lazy("act", "Review deleted by its author"),
        "review.published": pgettext_lazy("act", "Review published"),
        "review.refused": pgettext_lazy("act", "Review not shown"),
        "review.taken_down": pgettext_lazy("act", "Review taken down"),
        "review.replied": pgettext_lazy("act", "Reply to a review"),
        "review.reply_changed": pgettext_lazy("act", "Reply to a review changed"),
        "review.reply_withdrawn": pgettext_lazy("act", "Reply to a review withdrawn"),
        "review.themes_set": pgettext_lazy("act", "Themes of a review set"),
        "review_terms.changed": pgettext_lazy("act", "Terms of reviews changed"),
        "review_import.drafted": pgettext_lazy("act", "File of reviews uploaded"),
        "review_import.done": pgettext_lazy("act", "Reviews brought in"),
    }
)
