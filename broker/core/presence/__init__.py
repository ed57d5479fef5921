"""Who is here, and what is due: sessions, time-outs, and the questions after a return."""
