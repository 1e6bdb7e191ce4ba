"""The support desk at work: cases, batches, traces, mails."""
