"""What is asked of a new photo before anything is asked of the database."""

import hashlib
import json
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from photodock.domain.jobs import Priority
from photodock.domain.photo import NewPhoto
from photodock.services.upload_rules import fingerprint

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
declared = st.builds(
    NewPhoto,
    project_id=st.uuids(),
    file_name=texts,
    file_size=st.integers(0, 2**63 - 1),
    mime_type=texts,
    checksum_sha256=st.none() | texts,
    detection_types=st.lists(texts, max_size=3).map(tuple),
    priority=st.sampled_from(Priority),
    client_metadata=st.none()
    | st.dictionaries(st.sampled_from(["captured_at", "latitude"]), texts | st.floats(-90, 90)),
)


@given(declared)
def test_a_fingerprint_is_that_of_the_json_with_sorted_names(new: NewPhoto) -> None:
    fields = new._asdict() | {"project_id": str(new.project_id)}
    fields["client_metadata"] = {name: one for name, one in (new.client_metadata or {}).items() if name != "latitude"}
    assert fingerprint(new) == hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).digest()


def test_a_fingerprint_is_the_one_that_is_stored() -> None:
    new = NewPhoto(
        UUID(int=1), "Dach \u2302.jpg", 2_000, "image/jpeg", None, ("damage",), Priority.HIGH, {"latitude": 1}
    )
    assert fingerprint(new).hex() == "0f9d921678d026c21189e9e0b6ab6f9adc2f5e14421ae292c31cb8e4480f9c48"
