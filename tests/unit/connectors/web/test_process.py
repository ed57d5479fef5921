"""The process around the web site."""

import gc
import resource

from connectors.web import process


def test_it_may_have_as_many_sockets_as_it_can() -> None:
    thresholds = gc.get_threshold()
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        process._prepare_process()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        assert soft == hard
        assert gc.get_threshold() == process.GC_THRESHOLDS
    finally:
        gc.unfreeze()
        gc.set_threshold(*thresholds)
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
