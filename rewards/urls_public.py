from django.urls import path

from rewards import views_rules

urlpatterns = [path("rules/", views_rules.programme_rules, name="programme_rules")]
