"""Generated events as senders of e-mail report them, one module each."""
