"""The applications of both twins, before they are served."""

import asyncio
import inspect
from typing import Any

from shared.service.settings import read_settings
from tests.support.twins import NAMES, Twin

USABLE = {"COMBINATION": "it", "BIND": "127.0.0.1:1", "DATABASE_URL": "mysql://user@127.0.0.1/shop"}


def test_every_callable_of_the_async_application_is_a_coroutine_function() -> None:
    app = _application("async")
    called = [*app.view_functions.values(), *_hooks(app), *_error_handlers(app)]
    assert len(called) >= 12
    assert [each for each in called if not inspect.iscoroutinefunction(each)] == []


def test_both_applications_have_the_same_rules() -> None:
    sync, asynchronous = (_application(name) for name in NAMES)
    assert _rules(sync) == _rules(asynchronous)
    assert len(_hooks(sync)) == len(_hooks(asynchronous))
    assert len(_error_handlers(sync)) == len(_error_handlers(asynchronous)) == 1


def _application(name: str) -> Any:
    settings = read_settings(USABLE)
    twin = Twin(name)

    async def made() -> Any:
        return twin.part("app", "create_app")(twin.part("service.context", "ServiceContext")(settings))

    return asyncio.run(made())


def _rules(app: Any) -> set[tuple[str, str, str]]:
    return {(r.rule, r.endpoint, ",".join(sorted(r.methods))) for r in app.url_map.iter_rules()}


def _hooks(app: Any) -> list[Any]:
    groups = [app.before_request_funcs, app.after_request_funcs, app.teardown_request_funcs]
    hooks = [hook for group in groups for functions in group.values() for hook in functions]
    serving = ("before_serving_funcs", "after_serving_funcs")
    return [*hooks, *(hook for name in serving for hook in getattr(app, name, []))]


def _error_handlers(app: Any) -> list[Any]:
    return [
        handler
        for by_code in app.error_handler_spec.values()
        for by_class in by_code.values()
        for handler in by_class.values()
    ]
