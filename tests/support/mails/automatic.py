"""Mails that no person wrote, by all the signs that there are, and mails that only look so."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.email.mail import Automatic
from tests.support.mails.shape import Shape, head, mail

_SIGNS = (
    ("RFC 3834, a vacation", {"Auto_Submitted": "auto-replied"}, Automatic.REPLY),
    (
        "RFC 3834, with a parameter",
        {"Auto_Submitted": "auto-replied; owner-email=a@x"},
        Automatic.REPLY,
    ),
    ("RFC 3834, a machine", {"Auto_Submitted": "auto-generated"}, Automatic.GENERATED),
    ("RFC 3834, a word of its own", {"Auto_Submitted": "auto-notified"}, Automatic.GENERATED),
    ("RFC 3834, by a person", {"Auto_Submitted": "no"}, None),
    ("Exchange, out of office", {"X_MS_Exchange_Inbox_Rules_Loop": "a@x"}, Automatic.REPLY),
    (
        "Exchange, answers unwanted",
        {"X_Auto_Response_Suppress": "DR, OOF, AutoReply"},
        Automatic.GENERATED,
    ),
    ("Exchange, receipts unwanted", {"X_Auto_Response_Suppress": "DR, RN, NRN"}, None),
    ("vacation of sendmail", {"Precedence": "auto_reply"}, Automatic.REPLY),
    ("an autoresponder of a provider", {"X_Autorespond": "Out"}, Automatic.REPLY),
    ("cPanel's autoresponder", {"X_Autoreply": "yes"}, Automatic.REPLY),
    ("Communigate's autoreply", {"X_AutoReply_From": "a@x"}, Automatic.REPLY),
    ("cron", {"X_Cron_Env": "<SHELL=/bin/sh>"}, Automatic.GENERATED),
    ("FirstClass", {"X_FC_MachineGenerated": "true"}, Automatic.GENERATED),
    (
        "a list of Mailman",
        {"List_Id": "Talk <talk.l.example>", "Precedence": "list"},
        Automatic.LIST,
    ),
    ("a list of ezmlm", {"Mailing_List": "contact l-help@l.example"}, Automatic.LIST),
    ("a list by its address alone", {"List_Post": "<mailto:l@l.example>"}, Automatic.LIST),
    ("a newsletter", {"List_Unsubscribe": "<https://n.example/u>"}, Automatic.BULK),
    ("bulk", {"Precedence": "bulk"}, Automatic.BULK),
    ("junk", {"Precedence": "junk"}, Automatic.BULK),
    ("a campaign with a feedback id", {"Feedback_ID": "1:2:3:acme"}, Automatic.BULK),
    ("GitHub", {"X_GitHub_Reason": "mention"}, Automatic.GENERATED),
    ("Jira", {"X_JIRA_FingerPrint": "f00"}, Automatic.GENERATED),
    ("Facebook", {"X_Facebook_Notify": "page"}, Automatic.GENERATED),
    ("no-reply", {"From": "no-reply@shop.example"}, Automatic.GENERATED),
    ("noreply in one word", {"From": "NoReply@shop.example"}, Automatic.GENERATED),
    ("do-not-reply", {"From": "do-not-reply@shop.example"}, Automatic.GENERATED),
    ("an empty return path", {"Return_Path": "<>"}, Automatic.REPORT),
    ("precedence of first class", {"Precedence": "first-class"}, None),
    ("a person named Reply", {"From": "Norep Lyon <n.reply@x.example>"}, None),
)
_SUBJECTS = (
    ("English", "Automatic reply: Your ticket", True),
    ("English, old", "Out of Office AutoReply: Your ticket", True),
    ("English, Auto-Reply", "Auto-Reply: on leave", True),
    ("German", "Automatische Antwort: Anfrage", True),
    ("German, a note", "Abwesenheitsnotiz: Anfrage", True),
    ("French", "=?utf-8?Q?R=C3=A9ponse_automatique_:_Demande?=", True),
    ("Spanish", "=?utf-8?Q?Respuesta_autom=C3=A1tica=3A?=", True),
    ("Italian", "Risposta automatica: Domanda", True),
    ("Dutch", "Automatisch antwoord: Vraag", True),
    ("Swedish", "Autosvar: Fråga", True),
    ("Polish", "Odpowiedź automatyczna: Pytanie", True),
    ("Portuguese", "Resposta automática: Pergunta", True),
    ("Russian", "Автоответ: Вопрос", True),
    ("Chinese", "自动答复: 问题", True),
    ("a person who speaks of it", "Re: out of office hours?", False),
    ("a person who asks for it", "How do I set an automatic reply", False),
)


def shapes() -> Iterator[Shape]:
    """All of them."""
    for name, more, why in _SIGNS:
        yield Shape(f"automatic: {name}", mail(head(**more), "Text\n"), {"automatic": why})
    for name, subject, is_reply in _SUBJECTS:
        why = Automatic.REPLY if is_reply else None
        yield Shape(
            f"a subject of an absence: {name}", mail(head(subject), "Text\n"), {"automatic": why}
        )
    for name, more, level in (
        ("SpamAssassin", {"X_Spam_Flag": "YES"}, 3),
        ("SpamAssassin's long form", {"X_Spam_Status": "Yes, score=9.1 required=5"}, 3),
        ("found clean", {"X_Spam_Status": "No, score=-1.9"}, 0),
        ("not checked", {}, None),
    ):
        yield Shape(f"spam: {name}", mail(head(**more), "Text\n"), {"spam_level": level})
