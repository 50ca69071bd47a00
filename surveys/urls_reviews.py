from django.urls import path

from surveys import views_reviews

urlpatterns = [
    path("products/<int:pk>/", views_reviews.product_page, name="product_page"),
    path("products/<int:pk>/review/", views_reviews.review_product, name="review_product"),
    path("reviews/", views_reviews.review_list, name="review_list"),
    path("reviews/mine/", views_reviews.review_mine, name="review_mine"),
    path("reviews/club/", views_reviews.review_club, name="review_club"),
    path("reviews/<int:pk>/removal/", views_reviews.review_removal, name="review_removal"),
]
