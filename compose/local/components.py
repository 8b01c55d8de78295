"""The processes of a stack: two servers and the services."""

from pathlib import Path

from compose.local import rows
from compose.local.cache_server import CacheServer
from compose.local.database_server import DatabaseServer
from compose.local.definition import Plan
from compose.local.options import StackOptions
from compose.local.placement import Placement
from compose.local.processes import Process, interpreter, stop_all
from compose.local.service import Service, localised

SERVER_STOP_SECONDS = 15.0


class Components:
    def __init__(self, plan: Plan, options: StackOptions, placement: Placement, directory: Path) -> None:
        self._plan = plan
        self._options = options
        self._placement = placement
        self._directory = directory
        self.database = DatabaseServer(plan.database, directory / "database", placement.others, plan.secret("root"))
        self.cache = CacheServer(plan.cache, directory / "cache", placement.others)
        self.services: dict[str, Service] = {}

    def start(self, ports: dict[str, int]) -> None:
        """Start the servers, load the data, and start the services that have a port."""
        self._options.say(f"starting {self.database.flavour.name} ({self.database.program})")
        self.database.start(self._options.seeded)
        self._options.say("starting Redis")
        self.cache.start()
        self._fill(ports)
        self.database.settle()
        self._start_services(ports)

    def stop(self) -> None:
        """Stop the services first, so that they can finish their requests."""
        services = list(self.services.values())
        grace = max((each.grace for each in services), default=0.0)
        stop_all([each.process for each in services], grace)
        stop_all(self._servers(), SERVER_STOP_SECONDS)

    def check(self) -> None:
        """StackError if one of the programs has exited."""
        for process in (*self._servers(), *(each.process for each in self.services.values())):
            process.must_run()

    def _fill(self, ports: dict[str, int]) -> None:
        """Load the databases of the services to start; of the default four if the caller starts its own."""
        services = [self._plan.combinations[name] for name in ports or self._plan.default_names]
        shops = {each.database: self._plan.secret(each.secret) for each in services}
        for seeded in rows.databases(self.database.connect):
            shops.pop(seeded, None)
        if shops:
            self._options.say(f"filling {len(shops)} databases, SCALE={self._options.scale}")
            rows.fill(self.database.connect, self._options.scale, shops)

    def _servers(self) -> list[Process]:
        return [self.database.process, self.cache.process]

    def _start_services(self, ports: dict[str, int]) -> None:
        for name, port in ports.items():
            self._options.say(f"starting {name} on port {port}")
            service = self._service(name, port)
            self.services[name] = service
            service.launch()
        for service in self.services.values():
            service.wait()

    def _service(self, name: str, port: int) -> Service:
        definition = self._plan.combinations[name]
        settings = localised(definition, port, self.database.port, self.cache.url, self._plan.secrets)
        settings.update(self._options.environment)
        service = Service(name, port, settings, self._directory / name, self._placement.services)
        service.program = definition.command[2:] or service.program  # without `python -m`
        service.python = interpreter(definition.python) if definition.python else service.python
        return service
