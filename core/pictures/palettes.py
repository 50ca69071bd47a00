"""Six sets of papers that go together, on warm paper by day and by night."""

from dataclasses import dataclass

# What has its own colour in every set.
COFFEE, CRUST, CRUMB, WOOD, WOOD_DARK = "#553425", "#c68a4b", "#f0d3a2", "#bd8a5c", "#94653f"
GLASS, STEEL, RED, GOLD, GRAPE = "#fff8ea", "#cfd3d1", "#c94a3a", "#f2b544", "#6d3a5d"


@dataclass(frozen=True)
class Palette:
    wall: str  # the paper everything lies on
    back: str  # the large shape behind
    ground: str
    night: tuple[str, str, str]  # the three of them after dark; things keep their colours
    main: str
    deep: str
    second: str
    accent: str
    leaf: str
    cream: str
    ink: str


PALETTES: dict[str, Palette] = {
    "plum": Palette(
        "#f3ded3", "#e8c3b6", "#c4817c", ("#4f363c", "#a67f7a", "#7c535a"),
        "#86324f", "#5a1e37", "#dd8a62", "#efb64d", "#67835a", "#fff5e6", "#3b2028",
    ),
    "sage": Palette(
        "#e7ead7", "#cbd6b4", "#93a683", ("#3b473d", "#8d9c80", "#637459"),
        "#47694d", "#2c4736", "#dc9d58", "#cb5a3e", "#7c9a62", "#fdf7e6", "#22322a",
    ),
    "indigo": Palette(
        "#dfe6ea", "#bccdd9", "#7f9ab2", ("#34414f", "#8499ab", "#566c84"),
        "#2e4b70", "#1d3251", "#e5a77d", "#dd6341", "#66897c", "#fcf5e7", "#1b2736",
    ),
    "apricot": Palette(
        "#fce6cd", "#f7cb9f", "#dc9663", ("#55402f", "#b88d69", "#8b6243"),
        "#c2542e", "#8c3620", "#3f7370", "#f3b840", "#72904f", "#fff7e6", "#40221a",
    ),
    "shore": Palette(
        "#dcebe4", "#b3d5cb", "#70a99e", ("#2c4645", "#79a299", "#467a74"),
        "#1f6b6b", "#124a4c", "#f2ad8c", "#e96a50", "#55876a", "#fdf6e6", "#163536",
    ),
    "wisteria": Palette(
        "#ece3ec", "#d5c2d6", "#a489ad", ("#42384a", "#988aa3", "#6e5c7d"),
        "#654772", "#442b51", "#e6a59a", "#ebb44e", "#7b9570", "#fdf5ea", "#2e2036",
    ),
}  # fmt: skip
