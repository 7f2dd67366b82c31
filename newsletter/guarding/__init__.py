"""What keeps bots and mail bombers out of the public sign-up; no third party is asked.

`traps` catches what fills forms blindly, `domains` refuses domains that take no mail, `budgets`
counts clients and addresses in PostgreSQL, and `alarm` asks for a proof of work (`proofs`), or for
patience (`tickets`), while there are far more sign-ups than usual. All stand before the page, the
form and the JSON alike, and APP_SIGNUP__LIMITS switches them as one.
"""
