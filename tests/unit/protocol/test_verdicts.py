"""A verdict of the scanner is folded into what names the attachment: B-61, I-9."""

from protocol.blob import AttachmentInfo, BlobStatusInfo
from protocol.chat import ChatSentenceInfo, ChatStatusInfo
from protocol.frame import Frame
from protocol.values import ChatStatus, Guid, Role, ScanVerdict
from protocol.verdicts import take_verdict
from protocol.view import View

ONE, TWO = (Guid(f"00000000-0000-4000-a000-00000000000{n}") for n in (1, 2))
PENDING = tuple(AttachmentInfo(blob_id=one, scan=ScanVerdict.PENDING) for one in (ONE, TWO))


def scans(sentence: ChatSentenceInfo) -> list[ScanVerdict | None]:
    return [one.scan for one in sentence.attachments or ()]


def test_only_what_was_judged_changes() -> None:
    said = ChatSentenceInfo(counter=1, attachments=PENDING)
    plain = ChatSentenceInfo(counter=2)
    transcript = {1: said, 2: plain}
    take_verdict([transcript], BlobStatusInfo(blob_id=TWO, scan=ScanVerdict.CLEAN))
    assert scans(transcript[1]) == [ScanVerdict.PENDING, ScanVerdict.CLEAN]
    assert transcript[2] is plain
    take_verdict([transcript], BlobStatusInfo(blob_id=ONE))
    assert scans(transcript[1]) == [ScanVerdict.PENDING, ScanVerdict.CLEAN]


def test_a_view_takes_it() -> None:
    view = View(Role.CONNECTOR)
    said = ChatSentenceInfo(peer="web", tracking_id="t", id="s", counter=1, attachments=PENDING)
    chat = ChatStatusInfo(
        peer="web", tracking_id="t", status=ChatStatus.ANSWERED, sentences=(said,)
    )
    view.fold(Frame("SE_CHAT_STATUS", chat))
    told = BlobStatusInfo(peer="web", blob_id=ONE, scan=ScanVerdict.INFECTED)
    assert view.fold(Frame("SE_BLOB_STATUS", told)) == []
    (folded,) = view.chats.values()
    assert scans(folded.sentences[1]) == [ScanVerdict.INFECTED, ScanVerdict.PENDING]
