"""Random interleavings of clients, bucket events, sweeps, relays, redeliveries and detectors break no promise."""

from machine.bench import RunMachine


def test_no_interleaving_breaks_a_promise(run_machine: RunMachine) -> None:
    bench = run_machine()

    assert bench.steps > 20 * bench.examples
