"""The last step of a mail's HTML: its style sheet moves into the elements."""

import css_inline

# Mail programs drop style sheets; only the rules for dark and narrow screens stay behind in one.
_INLINER = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


def inlined(html: str) -> str:
    return _INLINER.inline(html)
