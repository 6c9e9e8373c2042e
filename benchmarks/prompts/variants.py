"""The variants of the prompt that the bench compares: those that models get, and others that were tried."""

from toolbridge.tool_prompt.variants import BRIEF, FULL, Variant

VARIANTS: dict[str, Variant] = {
    variant.name: variant
    for variant in (
        FULL,
        BRIEF,
        *(Variant(f"brief-{many}", brief=True, examples=many) for many in (1, 2, 4, 6, 8)),
        *(
            Variant(f"brief-{many}-plain-{plain}", brief=True, examples=many, plain=plain)
            for many in (2, 4, 8)
            for plain in (1, 2, 3)
        ),
    )
}
