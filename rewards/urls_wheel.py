"""Below ``/wheel/``."""

from django.urls import path, re_path

from rewards import views_fairness, views_wheel

urlpatterns = [
    path("", views_wheel.wheel_list, name="wheel_list"),
    path("fairness/verify_wheel.py", views_fairness.wheel_script, name="wheel_script"),
    path("spins/<int:pk>/", views_wheel.wheel_spin, name="wheel_spin"),
    path("<slug:slug>/", views_wheel.wheel_detail, name="wheel_detail"),
    path("<slug:slug>/spins/", views_wheel.wheel_spins, name="wheel_spins"),
    path("<slug:slug>/mine/", views_wheel.wheel_history, name="wheel_history"),
    path("<slug:slug>/seed/", views_fairness.wheel_seed, name="wheel_seed"),
    path("<slug:slug>/fairness/", views_fairness.wheel_fairness, name="wheel_fairness"),
    path("<slug:slug>/fairness/<str:day>/", views_fairness.wheel_day, name="wheel_day"),
    re_path(
        r"^(?P<slug>[-\w]+)/fairness/(?P<day>[0-9-]{10})/log\.(?P<extension>json|csv)$",
        views_fairness.wheel_log,
        name="wheel_log",
    ),
]
