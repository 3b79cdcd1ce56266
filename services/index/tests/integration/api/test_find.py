"""`/tools/find` and what goes with it, over the real Postgres."""

import json
from typing import Any

import pytest
import zstandard
from support.archive import Archive

from axial.common.configuration import Configuration
from axial.common.events import (
    LabelChangeRequested,
    MetadataWriteRequested,
    ResourceDeletionRequested,
)
from axial.common.identifiers import Level, resource_ids
from axial.common.testing.dicom_files import dicom_file
from axial.common.testing.facts import instance_received
from axial.index.database import PAGE_ROWS

pytestmark = pytest.mark.integration

A = resource_ids("A", "1", "1.1", "1.1.1")
A2 = resource_ids("A", "1", "1.1", "1.1.2")
A_MR = resource_ids("A", "1", "1.2", "1.2.1")
B = resource_ids("b", "2", "2.1", "2.1.1")
C = resource_ids("C%", "3", "3.1", "3.1.1")


@pytest.fixture
def configuration() -> Configuration:
    """Name some metadata, and limit finds of instances."""
    return Configuration.model_validate(
        {"UserMetadata": {"Reader": 1024}, "LimitFindInstances": 3, "LimitFindResults": 0}
    )


def header(**attributes: Any) -> bytes:
    """Make what the index keeps of a file."""
    return zstandard.compress(dicom_file(**attributes))


@pytest.fixture
async def filled(archive: Archive) -> Archive:
    """Fill an archive with three patients."""
    a: dict[str, Any] = {
        "PatientName": "Müller^Änne",
        "StudyDate": "20040119",
        "StudyDescription": "e+1",
    }
    events = [
        instance_received("A", "1", "1.1", "1.1.1", number="1", **a),
        instance_received("A", "1", "1.1", "1.1.2", number="10", ImageComments="Blurred", **a),
        instance_received("A", "1", "1.2", "1.2.1", number="2", Modality="MR", **a),
        instance_received("b", "2", "2.1", "2.1.1", PatientName="Smith^John", StudyDate="20051231"),
        instance_received("C%", "3", "3.1", "3.1.1", AccessionNumber=""),
    ]
    headers = [
        header(KVP="120", ManufacturerModelName="Head"),
        header(KVP="80"),
        header(EchoTime="5"),
        header(KVP="120", ManufacturerModelName="CHEST"),
        None,
    ]
    for event, kept in zip(events, headers, strict=True):
        if kept is None:
            key = f"{event.blob_key}.header"
            await archive.blobs.put(key, header(KVP="60"))
            update: dict[str, object] = {"header": None, "header_blob_key": key}
        else:
            update = {"header": kept}
        await archive.project(event.model_copy(update=update))
    await archive.project(
        LabelChangeRequested(level=Level.STUDY, resource_id=A.study, label="urgent", present=True),
        LabelChangeRequested(level=Level.STUDY, resource_id=A.study, label="ct", present=True),
        LabelChangeRequested(level=Level.STUDY, resource_id=B.study, label="ct", present=True),
        MetadataWriteRequested(
            level=Level.STUDY,
            resource_id=B.study,
            number=1024,
            value=b"Dr. Who",
        ),
    )
    return archive


async def post(archive: Archive, path: str, body: object) -> Any:
    """Ask something that must be answered."""
    response = await archive.client.post(path, content=json.dumps(body))
    assert response.status_code == 200, response.text
    return response.json()


async def count(archive: Archive, level: Level) -> int:
    """Count what there is at a level."""
    return len(await archive.json(f"/{level.path_name}"))


async def find(archive: Archive, level: str, query: dict[str, str], **options: object) -> Any:
    """Find, and see to it that as many are counted."""
    body = {"Level": level, "Query": query} | options
    found = await post(archive, "/tools/find", body)
    if not {"Limit", "Since"} & set(options) and level != "Instance":
        assert await post(archive, "/tools/count-resources", body) == {"Count": len(found)}
    return found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, [A, B, C]),
        ({"PatientID": "a"}, [A]),
        ({"PatientID": "A\\B"}, [A, B]),
        ({"PatientID": "C%"}, [C]),
        ({"PatientID": "%*"}, []),
        ({"PatientName": "*ÜLLER^ä*"}, [A]),
        ({"PatientName": "*"}, [A, B]),
        ({"AccessionNumber": "*"}, [C]),
        ({"StudyDate": "2004-2005"}, [A]),
        ({"StudyDate": "2004-", "PatientName": "s*"}, [B]),
        ({"ModalitiesInStudy": "MR\\XA"}, [A]),
        ({"ModalitiesInStudy": "c?"}, [A, B, C]),
        ({"Modality": "MR"}, [A]),
        ({"NumberOfStudyRelatedInstances": "3"}, [A]),
        ({"NumberOfStudyRelatedSeries": "1"}, [B, C]),
        ({"KVP": "120"}, [A, B]),
        ({"KVP": "60"}, [C]),
        ({"ManufacturerModelName": "*e*"}, [A, B]),
        ({"ManufacturerModelName": "head", "KVP": "120\\80"}, [A]),
        ({"InstanceNumber": "1"}, []),
        ({"PatientID": "\0A"}, [A]),
    ],
)
async def test_studies(filled: Archive, query: dict[str, str], found: list[Any]) -> None:
    """Studies are found by what is kept of them, of their patients, their series and in their files."""
    assert await find(filled, "Study", query) == [ids.study for ids in found]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"PatientName": "Müller*"}, True),
        ({"PatientName": "müller*"}, False),
        ({"ManufacturerModelName": "Head"}, True),
        ({"ManufacturerModelName": "head"}, False),
        ({"ModalitiesInStudy": "mr"}, False),
        ({"ModalitiesInStudy": "MR"}, True),
    ],
)
async def test_case(filled: Archive, query: dict[str, str], found: object) -> None:
    """With CaseSensitive it matters, wherever the value is kept."""
    expected = [A.study] if found else []
    assert await find(filled, "Study", query, CaseSensitive=True) == expected


async def test_other_levels(filled: Archive) -> None:
    """Patients, series and instances are found, by what is above them and below them too."""
    assert await find(filled, "Patient", {"StudyDate": "2004-2005"}) == [A.patient]
    assert await find(filled, "Patient", {"ModalitiesInStudy": "MR"}) == [A.patient]
    assert await find(filled, "Patient", {"NumberOfPatientRelatedStudies": "2"}) == []
    assert await find(filled, "Series", {"PatientID": "a", "Modality": "mr"}) == [A_MR.series]
    assert await find(filled, "Series", {"ModalitiesInStudy": "MR"}) == [A.series, A_MR.series]
    by_uid = await find(filled, "Instance", {"SOPInstanceUID": "1.1.2"})
    assert by_uid == [A2.instance]
    by_comment = await find(filled, "Instance", {"ImageComments": "BLUR*", "StudyDate": "2004-"})
    assert by_comment == [A2.instance]
    assert await find(filled, "Instance", {"EchoTime": "5"}) == [A_MR.instance]
    for level in (Level.PATIENT, Level.STUDY, Level.SERIES):
        parent = {f"Parent{level.type_name}": A_MR.at(level)}
        found = await find(filled, "Instance", {"InstanceNumber": "2"}, **parent)
        assert found == [A_MR.instance]
        assert await find(filled, "Instance", {"InstanceNumber": "7"}, **parent) == []


@pytest.mark.parametrize(
    ("labels", "how", "found"),
    [
        (["ct", "urgent"], "All", [A]),
        (["ct", "urgent"], "Any", [A, B]),
        (["urgent"], "None", [B, C]),
        ([], "All", [A, B, C]),
        ([], "None", [C]),
    ],
)
async def test_labels(filled: Archive, labels: list[str], how: str, found: list[Any]) -> None:
    """All of the labels, any, or none."""
    told = await find(filled, "Study", {}, Labels=labels, LabelsConstraint=how)
    assert told == [ids.study for ids in found]


async def test_metadata(filled: Archive) -> None:
    """Metadata of users and of Orthanc are asked for."""
    for query in ({"Reader": "dr.*"}, {"1024": "Dr. Who\\nobody"}):
        assert await find(filled, "Study", {}, MetadataQuery=query) == [B.study]
    assert (
        await find(filled, "Study", {}, MetadataQuery={"Reader": "dr*"}, CaseSensitive=True) == []
    )
    metadata = await filled.json(f"/series/{A.series}/metadata?expand")
    found = await find(filled, "Series", {}, MetadataQuery={"LastUpdate": metadata["LastUpdate"]})
    assert A.series in found
    signature = {"MainDicomTagsSignature": metadata["MainDicomTagsSignature"]}
    assert len(await find(filled, "Series", {}, MetadataQuery=signature)) == 4
    assert await find(filled, "Study", {}, MetadataQuery=signature) == []
    metadata = await filled.json(f"/instances/{A2.instance}/metadata?expand")
    for name in ("ReceptionDate", "IndexInSeries"):
        query = {name: metadata[name], "SopClassUid": metadata["SopClassUid"]}
        assert await find(filled, "Instance", {}, MetadataQuery=query) == [A2.instance]


async def test_metadata_that_is_no_text(filled: Archive) -> None:
    """What is text in it can be asked for, and it disturbs nobody."""
    for study, value in ((A.study, b"caf\xe9\0"), (C.study, b"\0tea")):
        await filled.project(
            MetadataWriteRequested(level=Level.STUDY, resource_id=study, number=1024, value=value)
        )
    order = [{"Type": "Metadata", "Key": "Reader", "Direction": "DESC"}]
    for query, found in (
        ({"Reader": "caf?"}, [A.study]),
        ({"Reader": "TEA"}, [C.study]),
        ({"Reader": "*"}, [C.study, A.study, B.study]),
    ):
        assert await find(filled, "Study", {}, MetadataQuery=query, OrderBy=order) == found


async def test_order_by_update(filled: Archive) -> None:
    """The last that changed is the first, at each level above the instances'."""
    note = MetadataWriteRequested(
        level=Level.SERIES, resource_id=B.series, number=1024, value=b"seen"
    )
    await filled.project(note, instance_received("D", "4", "4.1", "4.1.1", PatientName="New"))
    order = {"Type": "Metadata", "Key": "LastUpdate", "Direction": "DESC"}
    newest = resource_ids("D", "4", "4.1", "4.1.1")
    for level in (Level.PATIENT, Level.STUDY, Level.SERIES):
        found = await find(filled, level.type_name, {}, OrderBy=[order])
        updates = [
            (await filled.json(f"/{level.path_name}/{each}/metadata?expand"))["LastUpdate"]
            for each in found
        ]
        assert updates == sorted(updates, reverse=True)
        assert found[0] == newest.at(level)
        assert len(found) == await count(filled, level)
        oldest_first = [order | {"Direction": "ASC"}]
        assert await find(filled, level.type_name, {}, OrderBy=oldest_first) == found[::-1]
    mixed = [order, {"Type": "DicomTag", "Key": "StudyDate", "Direction": "ASC"}]
    query = {"PatientName": "*", "ModalitiesInStudy": "CT"}
    assert (await find(filled, "Study", query, OrderBy=mixed, CaseSensitive=True))[
        0
    ] == newest.study


async def test_order(filled: Archive) -> None:
    """By tags and metadata, as texts or numbers; what has no value comes last."""

    async def ordered(level: str, type_: str, key: str, direction: str) -> Any:
        order = [{"Type": type_, "Key": key, "Direction": direction}]
        return await find(filled, level, {}, OrderBy=order)

    by_date = await ordered("Study", "DicomTag", "StudyDate", "DESC")
    assert by_date == [B.study, A.study, C.study]
    parent = {"ParentPatient": A.patient}
    numbers = {"Type": "DicomTag", "Key": "InstanceNumber", "Direction": "ASC"}
    as_texts = await find(filled, "Instance", {}, OrderBy=[numbers], **parent)
    assert as_texts == [A.instance, A2.instance, A_MR.instance]
    numbers["Type"] = "DicomTagAsInt"
    as_numbers = await find(filled, "Instance", {}, OrderBy=[numbers], **parent)
    assert as_numbers == [A.instance, A_MR.instance, A2.instance]
    by_reader = await ordered("Study", "Metadata", "Reader", "ASC")
    assert by_reader == [B.study, A.study, C.study]
    assert (await ordered("Series", "DicomTagAsFloat", "PatientID", "ASC"))[0] == A.series


async def test_windows_and_limits(filled: Archive) -> None:
    """Since and Limit cut the same window, whoever looks; the configuration's limit is above them."""
    for query in ({}, {"KVP": "120\\60"}):
        everything = await find(filled, "Study", query)
        for since in range(4):
            for limit in range(1, 4):
                window = await find(filled, "Study", query, Since=since, Limit=limit)
                assert window == everything[since : since + limit]
            assert await find(filled, "Study", query, Since=since) == everything[since:]
    assert len(await find(filled, "Study", {}, Limit=0)) == 3
    assert len(await find(filled, "Instance", {})) == 3
    assert len(await find(filled, "Instance", {}, Limit=100)) == 3
    assert len(await find(filled, "Instance", {}, Limit=2)) == 2
    assert await post(filled, "/tools/count-resources", {"Level": "Instance", "Query": {}}) == {
        "Count": 5
    }


async def test_expansion(filled: Archive) -> None:
    """What is found is told as elsewhere, or as much of it as is asked for."""
    (told,) = await find(filled, "Study", {"PatientID": "A"}, Expand=True)
    assert told == await filled.json(f"/studies/{A.study}")
    (told,) = await find(filled, "Study", {"PatientID": "A"}, Expand=True, Short=True)
    assert told == await filled.json(f"/studies/{A.study}?short")
    (told,) = await find(
        filled,
        "Study",
        {"PatientID": "A"},
        ResponseContent=["Labels", "Parent", "Metadata"],
        RequestedTags=["PatientName", "0008,0061", "NumberOfStudyRelatedInstances", "KVP", "Rows"],
    )
    assert told == {
        "ID": A.study,
        "Type": "Study",
        "ParentPatient": A.patient,
        "Labels": ["ct", "urgent"],
        "Metadata": await filled.json(f"/studies/{A.study}/metadata?expand"),
        "RequestedTags": {
            "PatientName": "Müller^Änne",
            "ModalitiesInStudy": "CT\\MR",
            "NumberOfStudyRelatedInstances": "3",
            "KVP": "120",
            "Rows": None,
        },
    }


async def test_what_was_looked_up_is_told(filled: Archive) -> None:
    """A query's tags that are kept nowhere, or counted, are among those requested, as in Orthanc 1.12.11."""
    query = {"PatientID": "A", "KVP": "120", "NumberOfStudyRelatedInstances": "3", "Rows": ""}
    (told,) = await find(filled, "Study", query, Expand=True)
    assert told.pop("RequestedTags") == {
        "KVP": "120",
        "NumberOfStudyRelatedInstances": "3",
    }
    assert told == await filled.json(f"/studies/{A.study}")
    (told,) = await find(
        filled, "Study", {"ModalitiesInStudy": "MR"}, ResponseContent=[], RequestedTags=["KVP"]
    )
    assert told["RequestedTags"] == {"KVP": "120", "ModalitiesInStudy": "CT\\MR"}


async def test_what_was_deleted_is_not_found(filled: Archive) -> None:
    """A resource goes with its tags, and comes again with its new ones."""
    await filled.project(ResourceDeletionRequested(level=Level.PATIENT, resource_id=A.patient))
    assert await find(filled, "Study", {"PatientID": "A"}) == []
    assert await find(filled, "Study", {}) == [B.study, C.study]
    await filled.project(instance_received("A", "1", "1.1", "1.1.1", PatientName="New^Name"))
    assert await find(filled, "Study", {"PatientName": "new*"}) == [A.study]
    assert await find(filled, "Study", {"PatientName": "müller*"}) == []
    replaced = instance_received(
        "A", "1", "1.1", "1.1.1", content="other", overwrite="always", PatientName="Newer^Name"
    )
    await filled.project(replaced)
    assert await find(filled, "Patient", {"PatientName": "newer*"}) == [A.patient]


async def test_many(filled: Archive) -> None:
    """More than a page is found, in order, and narrowed by what is in the files."""
    kept = header(KVP="99")
    await filled.project(
        *(
            instance_received(f"N{n}", f"9.{n}", f"9.{n}.1", f"9.{n}.1.1").model_copy(
                update={"header": kept}
            )
            for n in range(PAGE_ROWS + 1)
        )
    )
    expected = [resource_ids(f"N{n}", f"9.{n}", "", "").study for n in range(PAGE_ROWS + 1)]
    assert await find(filled, "Study", {"PatientID": "n*"}) == expected
    order = [{"Type": "Metadata", "Key": "Reader", "Direction": "ASC"}]
    assert await find(filled, "Study", {"PatientID": "n*"}, OrderBy=order) == expected
    assert await find(filled, "Study", {"KVP": "99"}) == expected


@pytest.mark.parametrize(
    ("body", "number"),
    [
        ("{", 8),
        ('"\\ud800"', 8),
        ('{"Level": "Study", "Query": {"PatientID": "\\ud800"}}', 8),
        ("[" * 100_000, 8),
        ('{"Level": "Study", "Query": {"Foo": "1"}}', 27),
        ('{"Level": "Study", "Query": {}, "Labels": "a"}', 8),
        ('{"Level": "Study", "Query": {}, "LabelsConstraint": "Some"}', 3),
        ('{"Level": "Study", "Query": {}, "ResponseContent": ["Foo"]}', 3),
        ('{"Level": "Study", "Query": {}, "MetadataQuery": {"Foo": "1"}}', 3),
        ('{"Level": "Study", "Query": {}, "OrderBy": [{"Type": "Foo"}]}', 8),
        (
            '{"Level": "Study", "Query": {}, "OrderBy": [{"Type": "Foo", "Key": "", "Direction": ""}]}',
            3,
        ),
        ('{"Level": "Study", "Query": {}, "ParentStudy": "x"}', 3),
        ('{"Level": "Study", "Query": {}, "Limit": true}', 8),
        ('{"Level": "Study", "Query": {}, "Expand": "yes"}', 8),
    ],
)
async def test_refused(filled: Archive, body: str, number: int) -> None:
    """What makes no sense is refused, never with a 500."""
    response = await filled.client.post("/tools/find", content=body)
    assert (response.status_code, response.json()["OrthancStatus"]) == (400, number)


async def test_lists_and_resources(filled: Archive) -> None:
    """Lists, single resources and children tell as much as is asked for."""
    more = "response-content=Status;IsStable&requested-tags=PatientName;0018,0060"
    expected = {
        "ID": A.series,
        "Type": "Series",
        "Status": "Unknown",
        "IsStable": False,
        "RequestedTags": {"PatientName": "Müller^Änne", "KVP": "120"},
    }
    assert (await filled.json(f"/series?{more}"))[0] == expected
    assert await filled.json(f"/series/{A.series}?{more}") == expected
    assert (await filled.json(f"/studies/{A.study}/series?{more}"))[0] == expected
    full = await filled.json(f"/instances/{A.instance}/series?full&requested-tags=KVP")
    kvp = {"Name": "KVP", "Type": "String", "Value": "120"}
    assert full["RequestedTags"] == {"0018,0060": kvp}
    (attached,) = (
        await filled.json(f"/instances/{A.instance}?response-content=Attachments;IsProtected")
    )["Attachments"]
    assert (attached["ContentType"], attached["UncompressedSize"]) == (1, 5)
    assert (await filled.get("/series?response-content=Foo")).status_code == 400


async def test_bulk_content(filled: Archive) -> None:
    """Resources of any level are told together, in the order in which they were named."""
    named = [B.instance, A.patient, "nope", A.patient]
    told = await post(filled, "/tools/bulk-content", {"Resources": named})
    assert [each["ID"] for each in told] == [B.instance, A.patient, A.patient]
    assert told[1].pop("Metadata") == await filled.json(f"/patients/{A.patient}/metadata?expand")
    assert told[1] == await filled.json(f"/patients/{A.patient}")
    body = {"Resources": named, "Level": "Series", "Metadata": False, "Short": True}
    told = await post(filled, "/tools/bulk-content", body)
    assert [each["ID"] for each in told] == [B.series, A.series, A_MR.series]
    assert told[0] == await filled.json(f"/series/{B.series}?short")
    assert (await filled.client.post("/tools/bulk-content", content="{}")).status_code == 400


async def test_small_tools(filled: Archive) -> None:
    """The time and new identifiers are texts."""
    for path in ("/tools/now", "/tools/now-local"):
        response = await filled.get(path)
        assert response.headers["content-type"] == "text/plain"
        assert len(response.text) == len("20261121T123149")
    assert len((await filled.get("/tools/generate-uid?level=patient")).text) == 36
    for level in ("study", "series", "instance"):
        one, other = [
            (await filled.get(f"/tools/generate-uid?level={level}")).text for _ in range(2)
        ]
        assert one.startswith("2.25.")
        assert len(one) <= 64
        assert one != other
    assert (await filled.get("/tools/generate-uid?level=Foo")).status_code == 404
    assert (await filled.client.post("/tools/lookup", content=b"\xff\0")).json() == []
