"""What a scanner says of attachments, folded into the sentences that name them (B-61)."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import evolve

from protocol.blob import BlobStatusInfo
from protocol.chat import ChatSentenceInfo


def take_verdict(
    transcripts: Iterable[dict[int, ChatSentenceInfo]], status: BlobStatusInfo
) -> None:
    """Put what a push says of an attachment where it is named; that changes no chat."""
    for sentences in transcripts if status.scan is not None else ():
        for counter, sentence in sentences.items():
            named = sentence.attachments
            if named and any(one.blob_id == status.blob_id for one in named):
                told = tuple(
                    evolve(one, scan=status.scan) if one.blob_id == status.blob_id else one
                    for one in named
                )
                sentences[counter] = evolve(sentence, attachments=told)
