"""`photodock doctor`: looks at everything that an installation stands on, by doing what the service and its clients do.

A check asks and hands on what it got; what that means is decided by functions that only look at the answer
(`refusals`, `signatures`, `cors_rules`, `faults`).
"""
