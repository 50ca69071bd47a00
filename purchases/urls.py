from django.urls import path

from purchases import views, webhooks

urlpatterns = [
    path("purchases/", views.purchase_list, name="purchase_list"),
    path("purchases/<int:pk>/", views.purchase_detail, name="purchase_detail"),
    path("webhooks/shopify/<uuid:uid>/", webhooks.receive_shopify, name="webhook_shopify"),
    path(
        "webhooks/woocommerce/<uuid:uid>/",
        webhooks.receive_woocommerce,
        name="webhook_woocommerce",
    ),
    path("receipts/claim/", views.receipt_claim, name="receipt_claim"),
    path("join/<path:code>/", views.join_at_store, name="join_at_store"),
]
