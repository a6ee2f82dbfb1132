"""What becomes of every code block in the documentation: walked through here, run by a test of its own, or why not.

`tests/unit/test_documentation_blocks.py` fails for a block that is in none of these tables, or both run and excused;
`tests/acceptance/test_acceptance_documentation.py` walks.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

FIELD = """field() {
  python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1" < .photodock/ready.json
}"""
SETTINGS = ". .photodock/environment.sh"
CALLER = f"""
{FIELD}
export PHOTODOCK_URL=$(field url) PHOTODOCK_TOKEN=$(field token)
URL=$(field url)/api/v1; AUTH="Authorization: Bearer $(field token)"; JSON='Content-Type: application/json'
TOKEN=$(field token); PROJECT=$(field project_id)
"""
PHOTO = """
photodock upload --json --no-wait --project "$PROJECT" roof.jpg > uploaded.json
ID=$(python3 -c 'import json; print(json.load(open("uploaded.json"))["photo_id"])')
"""
NEW = """
new() { # file: asks for an upload URL; sets ID and UPLOAD_URL
  python3 calls.py new "$URL" "$AUTH" "$PROJECT" "$1" > new.txt; read -r ID UPLOAD_URL < new.txt
}
arrived() { # file: likewise, and sends it
  new "$1"; python3 calls.py put "$1" < new.json; command curl -sSf -o answer.json -X PATCH \\
    "$URL/photos/$ID/status" -H "$AUTH" -H "$JSON" -d '{"status": "uploaded"}'
}
hook() { command curl -sSf -o answer.json -X PUT "$URL/webhooks" -H "$AUTH" -H "$JSON" \\
  -d '{"url": "https://example.com/hooks/photodock"}'; }
"""
SENDING = """while sleep 0.5; do photodock upload --no-wait --project "$PROJECT" roof.jpg; done > more.txt"""
"""Until the walk ends: changes for those who watch."""
README_CLIENT = """cp "$PHOTO" .
python - <<END
url, token, project_id = "$PHOTODOCK_URL", "$PHOTODOCK_TOKEN", "$PROJECT"
$(cat client.py)
assert photo.status == "completed", photo
END
"""
FOLLOW = f"""{SENDING} &
cat >> follow.js <<'END'
const end = new AbortController();
const onPhoto = (change) => {{ console.log(change.type); end.abort(); }};
const told = {{ onPhoto, onReset() {{}}, signal: end.signal }};
follow(process.env.PHOTODOCK_URL + "/api/v1/events", process.env.PHOTODOCK_TOKEN, told)
  .catch((error) => {{ if (error.name !== "AbortError") throw error; }});
END
node follow.js > followed.txt
grep -q ^photo. followed.txt"""


@dataclass(frozen=True)
class Walk:
    """One page's bash blocks in one shell, in order, against a running system. Numbers are those of bash blocks."""

    before: str = ""
    """What the page takes as given."""
    between: Mapping[int, str] = field(default_factory=dict)
    """What has to be so before a block; on the page its prose, or its reader's own photos, see to it."""
    answers: Mapping[int, set[int]] = field(default_factory=dict)
    """HTTP statuses that a block ends with, other than 200 to 299."""
    exits: Mapping[int, int] = field(default_factory=dict)
    """Exit statuses other than 0."""
    endless: Mapping[int, str] = field(default_factory=dict)
    """Blocks that end by Ctrl-C alone, and what they have shown by then."""
    background: frozenset[int] = frozenset()
    """Blocks for a terminal of their own, which run until the walk ends."""
    saves: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    """Files that the page tells its reader to save: language and number of the block."""
    after: str = ""
    """Looks whether all is as the page says."""
    detector: bool = False
    """Whether the sample detector runs meanwhile."""
    own_system: bool = False
    """Whether the page itself starts one."""
    skipped: Mapping[int, str] = field(default_factory=dict)
    """Blocks that are not run, and why."""


STARTED = "until [ -s .photodock/ready.json ]; do sleep 0.2; done"
IS_FIXTURE = "starts the system, which the walk's fixture has done"

WALKS: dict[str, Walk] = {
    "README.md": Walk(
        answers={10: {204, 404}},
        exits={11: 1},  # one of the two files is no photo
        between={18: SETTINGS},
        detector=True,
        saves={"client.py": ("python", 1)},
        after=README_CLIENT,
        skipped={
            1: IS_FIXTURE,
            2: "is what CI runs",
            3: IS_FIXTURE,
            12: "installs a release; tests/acceptance/release does",
            **dict.fromkeys((13, 14, 15, 16), "an AWS account is needed"),
            17: "`serve` and `worker` do not end; the system that runs has started the same",
        },
    ),
    "docs/quick-start.md": Walk(detector=True, skipped={1: IS_FIXTURE}),
    "docs/tutorial.md": Walk(
        own_system=True,
        background=frozenset({2, 6}),
        between={
            3: "until [ -s ready.json ]; do sleep 0.2; done",
            7: "python3 calls.py ends completed completed failed",
            8: "end_6",
        },
        saves={"detector.py": ("python", 1)},
        after="python3 calls.py ends completed completed failed processing",
        skipped={1: "builds and installs a release; tests/acceptance/release does the same"},
    ),
    "docs/api.md": Walk(
        before=f"{CALLER}{NEW}export PHOTODOCK_JWT_SECRET=$(field jwt_secret)",
        between={
            4: 'python3 calls.py keyed "$URL" "$AUTH" "$PROJECT" roof.jpg',
            6: "arrived roof.jpg",
            7: "new roof.jpg",
            8: "new roof.jpg; R=$ID",
            9: "new huge.jpg; A=$ID",
            11: 'new large.jpg; python3 calls.py parts "$URL" "$AUTH" large.jpg $ID',
            12: "ID=$A",
            13: "ID=$R",
            20: "new roof.jpg",
            21: 'ID=$R; PIPELINE="Authorization: Bearer $(photodock token --scope photos:pipeline)"',
            22: "arrived roof.jpg",
            30: "hook",
            33: "hook",
        },
        answers={4: {409}, 29: {404}, 36: {404}},
        endless={19: "^: here"},
    ),
    "docs/terminal.md": Walk(
        before=f"{CALLER}{PHOTO}mkdir -p holiday; cp roof.jpg holiday/",
        detector=True,
        endless={5: "uploaded|processing|completed"},
        between={5: f"{SENDING} &"},
    ),
    "docs/live-status.md": Walk(
        before=CALLER,
        endless={1: "^: here"},
        saves={"follow.js": ("javascript", 1)},
        after=FOLLOW,
    ),
    "docs/doctor.md": Walk(before=SETTINGS),
    "docs/metrics.md": Walk(),
    "docs/operations.md": Walk(
        before=SETTINGS,
        skipped={2: "a pooler is needed; tests/integration/test_pooler.py starts one"},
    ),
    "docs/orphans.md": Walk(before=SETTINGS),
    "docs/privacy.md": Walk(before=SETTINGS),
    "docs/renditions.md": Walk(before=SETTINGS),
    "docs/traces.md": Walk(skipped={3: "a container engine is needed"}),
    "docs/webhooks.md": Walk(before=CALLER),
    "docs/keys.md": Walk(before=SETTINGS),
    "docs/consumer.md": Walk(
        before=f"{CALLER}{PHOTO}",
        between={3: f"python3 calls.py becomes $ID completed; {SETTINGS}"},
        background=frozenset({2}),
        saves={"detector.py": ("python", 1)},
        skipped={1: IS_FIXTURE},
    ),
    "docs/queue.md": Walk(
        own_system=True,
        before="cp roof.jpg /tmp/roof.jpg",
        background=frozenset({1, 4}),
        between={
            2: STARTED,
            3: "until grep -q job_parked .photodock/logs/worker.log; do sleep 0.2; done",
            # On the page the system has a terminal of its own, which knows nothing of the second one's variables.
            4: "end_1; rm .photodock/ready.json; unset PHOTODOCK_DATABASE_URL",
            5: STARTED,
        },
        after="""python3 calls.py ends completed; [ -z "$(photodock outbox list)" ]
            grep -q job_sent .photodock/logs/worker.log""",
    ),
    # The settings of each provider are held against its tokens by tests/unit/api/test_providers.py.
    "docs/tokens.md": Walk(between={4: f"unset ${{!PHOTODOCK_JWT_@}}; {SETTINGS}"}),
}

ELSEWHERE: dict[tuple[str, str], str] = {
    ("docs/backup.md", "bash"): "test_what_was_backed_up_is_restored_and_what_came_after_is_found_again",
    ("docs/clients/python.md", "python"): "test_the_pages_examples_run_as_they_are_printed",
    ("docs/containers.md", "yaml"): "test_the_shown_ingress_publishes_what_clients_use_and_nothing_of_monitoring",
    ("docs/consumer.md", "python"): "test_a_shown_detector_works_off_the_queue",
    ("docs/webhooks.md", "python"): "test_the_shown_code_takes_what_is_ours_and_nothing_else",
    ("docs/webhooks.md", "javascript"): "test_the_shown_code_takes_what_is_ours_and_nothing_else",
    ("docs/webhooks.md", "http"): "test_the_shown_request_is_the_one_that_is_sent",
    ("docs/operations.md", "sql"): "test_the_shown_statements_are_postgresqls",
}
"""Page and language to the test that runs these blocks."""

REASONS: dict[tuple[str, str], str] = {
    ("CONTRIBUTING.md", "bash"): "what CI runs, and searches that take as long as they are let",
    ("docs/aws.md", "bash"): "an AWS account is needed; the template is linted by test_the_linter_finds_nothing",
    ("docs/clients/python.md", "bash"): "installs a release; tests/acceptance/release does the same",
    ("docs/clients/typescript.md", "bash"): "clients/typescript/test/**/newcomer.test.ts types them",
    ("docs/clients/uppy.md", "bash"): "installs Uppy from npm's registry, as the client's package.json does",
    ("docs/containers.md", "bash"): "a container engine or a cluster is needed; the files are linted",
    ("docs/crashes.md", "bash"): "takes 8 minutes; test_acceptance_crash_matrix.py runs its short form",
    ("docs/events.md", "bash"): "an AWS account is needed",
    (
        "docs/own-servers.md",
        "bash",
    ): "systemd as root is needed; test_a_rolling_restart_under_load_fails_no_request uses the units",
    ("docs/rabbitmq.md", "bash"): "an administrator's own broker; the tests' broker is given the same rights",
    ("docs/supply-chain.md", "bash"): "`make sbom` is what CI runs, and `make audit` asks a service on the network",
    ("docs/tokens.md", "javascript"): "runs inside Auth0",
}
"""Page and language to the reason why no test runs these blocks."""

CHECKED: dict[str, str] = {
    "json": "test_every_json_example_is_json",
    "mermaid": "`make docs` draws each, and fails for one that it cannot",
    "text": "what a program shows; no program itself",
    **dict.fromkeys(("ts", "tsx", "html"), "clients/typescript/test/**/documentation.test.ts types and runs each"),
}
"""Languages whose blocks are looked at all alike."""
