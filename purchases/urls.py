from django.urls import path

from purchases import views

urlpatterns = [
    path("purchases/", views.purchase_list, name="purchase_list"),
    path("purchases/<int:pk>/", views.purchase_detail, name="purchase_detail"),
    path("receipts/claim/", views.receipt_claim, name="receipt_claim"),
    path("join/<path:code>/", views.join_at_store, name="join_at_store"),
]
