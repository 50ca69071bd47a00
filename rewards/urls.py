from django.urls import path

from rewards import views

urlpatterns = [
    path("statement/", views.statement, name="statement"),
    path("statement/download/", views.statement_download, name="statement_download"),
    path("statement/<int:pk>/", views.statement_entry, name="statement_entry"),
]
