"""Why a chat went to whom, told from the log of decisions (B-30)."""
