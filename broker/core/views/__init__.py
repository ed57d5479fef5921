"""What is shown to whom: who is meant, who hears of it, and as which structures."""
