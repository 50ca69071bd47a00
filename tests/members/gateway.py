"""A stand-in for a gateway of text messages, where the settings must name one."""


class Gateway:
    sent: list[tuple[str, str]] = []

    def send(self, to: str, text: str) -> None:
        self.sent.append((to, text))
