"""The review of logs: suspicions, cases, rules, the watch list. Each look is recorded (LG-5)."""
