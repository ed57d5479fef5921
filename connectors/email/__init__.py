"""E-mail: mailboxes read by IMAP or from a folder, messages handed over by SMTP.

`charsets`, `headers`, `parts`, `automatic`, `reports` and `parse` turn bytes into a `Mail`, `build` and
`quote` make bytes again; none of them touches a socket or a file. `imap`, `smtp`, `oauth` and `folder`
are the ways in and out, and `channel` is what joins both to a broker.
"""
