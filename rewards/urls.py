from django.urls import path

from rewards import views, views_catalogue

urlpatterns = [
    path("rewards/", views_catalogue.reward_list, name="reward_list"),
    path("rewards/<slug:slug>/", views_catalogue.reward_detail, name="reward_detail"),
    path("rewards/<slug:slug>/wish/", views_catalogue.reward_wish, name="reward_wish"),
    path("statement/", views.statement, name="statement"),
    path("statement/download/", views.statement_download, name="statement_download"),
    path("statement/<int:pk>/", views.statement_entry, name="statement_entry"),
]
