"""The scenarios of the conformance kit that are played of a channel between real servers."""

AT_STAKE = frozenset(
    {
        "sent",
        "answer-lost",
        "many",
        "impossible",
        "killed-after-answer",
        "large",
        "taken",
        "answered-twice",
        "broker-dies-with-it",
        "killed-before-answer",
        "stopped",
    }
)
"""Those in which a message is at stake; the others are about the frame, which has tests of its own."""
