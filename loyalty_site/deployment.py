"""Whose settings these are: the variables of this deployment, its code and its folder of data."""

import os
from pathlib import Path

from loyalty_site.environment import Environment

env = Environment(os.environ)
BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.text("CLUB_VAR") or BASE_DIR / "var")
