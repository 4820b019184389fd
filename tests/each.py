"""One test over many things of one kind: thousands of tests of a millisecond each would take minutes to book-keep."""


def for_each(things):
    """Run the test below on each of these; it fails with the names of all it fails on."""

    def of_all(test):
        def run():
            wrong = {}
            for thing in things:
                try:
                    test(thing)
                except AssertionError as fault:
                    wrong[str(thing)] = str(fault)
            if wrong:
                raise AssertionError("\n".join(f"{thing}: {fault}" for thing, fault in wrong.items()))

        run.__name__, run.__doc__ = test.__name__, test.__doc__
        return run

    return of_all
