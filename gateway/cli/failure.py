"""How a command says no: one line, perhaps details, and an exit code that scripts rely on."""

from gateway.domain.errors import CorruptionError, GatewayError, MalformedError, UnavailableError

REFUSED = 1
USAGE = 2
UNAVAILABLE = 3
CORRUPT = 4
INTERNAL = 4


class CommandError(Exception):
    """Ends the command with this code, this line and these indented details; none holds a secret."""

    def __init__(self, exit_code: int, line: str, details: tuple[str, ...] = ()) -> None:
        super().__init__(line)
        self.exit_code = exit_code
        self.details = details


def failure_of(error: GatewayError) -> CommandError:
    """Render an error of the domain: its branch gives the exit code, its field is named."""
    where = f" ({error.field})" if error.field else ""
    code = REFUSED
    if isinstance(error, MalformedError) or error.code == "settings":
        code = USAGE
    elif isinstance(error, UnavailableError):
        code = UNAVAILABLE
    elif isinstance(error, CorruptionError):
        code = CORRUPT
    return CommandError(code, f"{error}{where} [{error.code}]")
