"""What a runner is started as: it takes the secrets out of the environment before anything else is there to see them."""
from __future__ import annotations

import os
import sys

from .environment import read_environment
from .errors import StartError
from .forget_variables import forget_variables
from .logs import take_over_output
from .stack_facts import stack_facts


def main() -> int:
    logger = take_over_output(os.environ.get("LOG_LEVEL") == "debug")
    try:
        environment = read_environment(os.environ)
        # Not for the developer's code, which runs in this process.
        forget_variables("RUNNER_SECRET", "METRICS_SECRET")
        # Only what it was started with tells the host whose this process is, not what it starts.
        os.environ.pop("MODEL_HOST_MARK", None)
        # Not earlier: wsgiref, which comes with the metrics, copies all variables when it is imported.
        from .run import run

        return run(environment, logger)
    except StartError as error:
        logger.error(str(error))
    except Exception as error:
        logger.error(f"cannot start: {type(error).__name__}: {error}", **stack_facts(error))
    return 1


if __name__ == "__main__":
    sys.exit(main())
