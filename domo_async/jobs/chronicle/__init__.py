"""What happened in a job, and when: recorded while it runs, saved as a page or as JSON.

Three steps, each of which can be used alone: `Chronicler` takes the events of a job and remembers, within bounds;
`Chronicle` is what it remembers, as a document; `domo_async.jobs.chronicle.page` makes one HTML page of a document.
`PushListener` tells it the events of a push, and `StepsRecorder` makes one document of several jobs.
"""

from domo_async.jobs.chronicle.chronicler import Chronicler
from domo_async.jobs.chronicle.document import CHRONICLE_VERSION, Chronicle, read_chronicle
from domo_async.jobs.chronicle.of_push import PushListener
from domo_async.jobs.chronicle.of_steps import StepsRecorder
from domo_async.jobs.chronicle.parts import Failure, JobStep, Life, Pause, Phase, Retry, Totals, Traffic

__all__ = [
    "CHRONICLE_VERSION",
    "Chronicle",
    "Chronicler",
    "Failure",
    "JobStep",
    "Life",
    "Pause",
    "Phase",
    "PushListener",
    "Retry",
    "StepsRecorder",
    "Totals",
    "Traffic",
    "read_chronicle",
]
