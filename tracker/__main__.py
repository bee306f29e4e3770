import gc

gc.disable()  # what is loaded at the start stays: looking for garbage in it takes a sixth of the start

from tracker.cli import main  # noqa: E402

main()
