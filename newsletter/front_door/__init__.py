"""The public sign-up: a page, a frame for other sites, and an address that forms and programs use.

`pages` has the views, `bodies` reads what is posted, `checks` asks the guards, and `answers` says
the outcome as it was asked for: to a browser, in a frame, as text, as JSON.
"""
