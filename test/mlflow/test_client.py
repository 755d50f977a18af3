"""MLflow's own client, unmodified, against a platform that was really started."""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import mlflow
import pytest
from conftest import METADATA, OWN_METADATA
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException, RestException

OTHER = os.environ["TEST_OTHER_TOKEN"]
READER = os.environ["TEST_READER_TOKEN"]
TWO_SYSTEMS = os.environ["TEST_TWO_SYSTEMS_TOKEN"]
OWNER = {"metadata.owner": "group:default/botany-ml"}
Log = Callable[..., Any]


def refused(code: str, words: str) -> Any:
    """What the platform refuses with this code, in these words."""
    context = pytest.raises(RestException, match=words)

    class Checked:
        def __enter__(self) -> None:
            self.raised = context.__enter__()

        def __exit__(self, *details: Any) -> bool:
            suppressed = context.__exit__(*details)
            assert self.raised.value.error_code == code
            return bool(suppressed)

    return Checked()


def test_a_model_logged_with_its_metadata_is_ready_at_once_and_loads_by_alias(
    client: MlflowClient, iris: Any, log_iris: Log
) -> None:
    _, measures, _ = iris
    # Fixed: who runs the tests deploys it.
    name = os.environ["TEST_MODEL_NAME"]
    mlflow.set_experiment("botany")
    with mlflow.start_run() as run:
        mlflow.log_param("max_iter", 1000)
        mlflow.log_metric("accuracy", 0.97)
        mlflow.log_metric("not_a_number", float("nan"))
        mlflow.set_tag("team", "botany")
        mlflow.log_text("Seen in spring", "notes/season.txt")
        info = log_iris(registered_model_name=name, metadata=OWN_METADATA)
    version = client.get_model_version(name, info.registered_model_version)
    assert (version.status, version.status_message) == ("READY", None)
    assert version.source == info.model_uri
    assert version.run_id == run.info.run_id

    client.set_registered_model_alias(name, "champion", version.version)
    loaded = mlflow.pyfunc.load_model(f"models:/{name}@champion")
    assert loaded.predict(measures.head(2)).tolist() == [0, 0]
    assert mlflow.sklearn.load_model(f"models:/{name}/1").predict(measures.tail(1)).tolist() == [2]
    assert mlflow.pyfunc.load_model(info.model_uri).predict(measures.head(1)).tolist() == [0]

    found = client.get_run(run.info.run_id)
    assert found.info.status == "FINISHED"
    assert found.data.params == {"max_iter": "1000"}
    assert found.data.metrics["accuracy"] == 0.97
    assert found.data.metrics["not_a_number"] != found.data.metrics["not_a_number"]
    assert found.data.tags["team"] == "botany"
    assert found.outputs.model_outputs[0].model_id == info.model_id
    assert [one.value for one in client.get_metric_history(run.info.run_id, "accuracy")] == [0.97]
    assert [file.path for file in client.list_artifacts(run.info.run_id)] == ["notes"]
    assert mlflow.artifacts.load_text(f"{run.info.artifact_uri}/notes/season.txt") == "Seen in spring"
    logged = client.get_logged_model(info.model_id)
    assert logged.status.value == "READY"
    assert {metric.key for metric in logged.metrics} >= {"accuracy"}
    with pytest.raises(MlflowException, match="INVALID_PARAMETER_VALUE: Changing param values is not allowed"):
        client.log_param(run.info.run_id, "max_iter", 2000)


def test_what_lacks_metadata_waits_says_what_and_is_ready_when_complete(
    client: MlflowClient, name: str, log_iris: Log
) -> None:
    with mlflow.start_run():
        info = log_iris()
    client.create_registered_model(name, tags=OWNER)
    version = mlflow.register_model(info.model_uri, name, await_registration_for=0)
    assert version.status == "PENDING_REGISTRATION"
    for words in ("description is missing", "metadata.purpose is missing", "metadata.data is missing", "tags metadata."):
        assert words in version.status_message
    with refused("INVALID_PARAMETER_VALUE", "PENDING_REGISTRATION.*metadata.purpose"):
        client.set_registered_model_alias(name, "champion", "1")

    # Some of the version, some of the model as its default.
    purpose, *others = METADATA.items()
    for key, value in others:
        client.set_model_version_tag(name, "1", key, value)
    waiting = client.get_model_version(name, "1")
    assert "metadata.purpose is missing" in waiting.status_message
    assert "metadata.data" not in waiting.status_message.replace("metadata.description", "")
    client.set_registered_model_tag(name, *purpose)
    assert "description is missing" in client.get_model_version(name, "1").status_message
    client.update_registered_model(name, "Tells species of iris")
    ready = client.get_model_version(name, "1")
    assert (ready.status, ready.status_message) == ("READY", None)

    with refused("INVALID_PARAMETER_VALUE", "READY, so its tag metadata.risk never changes"):
        client.set_model_version_tag(name, "1", "metadata.risk", "high")
    with refused("INVALID_PARAMETER_VALUE", "never changes"):
        client.delete_model_version_tag(name, "1", "metadata.risk")
    client.set_model_version_tag(name, "1", "reviewed", "yes")
    assert client.get_model_version(name, "1").tags["reviewed"] == "yes"


def test_a_value_that_breaks_a_rule_is_named(client: MlflowClient, name: str, log_iris: Log) -> None:
    with mlflow.start_run():
        info = log_iris(signature=False, input_example=None)
    client.create_registered_model(name, tags=OWNER, description="Tells species")
    version = mlflow.register_model(
        info.model_uri, name, await_registration_for=0, tags={**METADATA, "metadata.risk": "enormous"}
    )
    assert "metadata.risk" in version.status_message
    assert "signature is missing: log the model with signature=" in version.status_message


def test_registry_calls_answer_as_mlflow_does(client: MlflowClient, name: str) -> None:
    created = client.create_registered_model(name, tags={**OWNER, "a": "1"}, description="First")
    assert created.tags["a"] == "1" and created.description == "First" and created.latest_versions == []
    with refused("RESOURCE_ALREADY_EXISTS", rf"Registered Model \(name={name}\) already exists"):
        client.create_registered_model(name)
    with refused("RESOURCE_DOES_NOT_EXIST", "Registered Model with name=nope-nope not found"):
        client.get_registered_model("nope-nope")
    with refused("RESOURCE_DOES_NOT_EXIST", rf"Model Version \(name={name}, version=9\) not found"):
        client.get_model_version(name, "9")
    with refused("INVALID_PARAMETER_VALUE", "Registered model alias none not found"):
        client.get_model_version_by_alias(name, "none")
    with refused("INVALID_PARAMETER_VALUE", "Invalid model version source: '/etc/passwd'"):
        client.create_model_version(name, "/etc/passwd")
    with refused("INVALID_PARAMETER_VALUE", "absolute path"):
        client.create_model_version(name, "s3://bucket/../other")
    with refused("INVALID_PARAMETER_VALUE", "cannot use the 'https' scheme"):
        client.create_model_version(name, "https://example.com/model")

    # Its files are elsewhere: it cannot be deployed, and says so.
    outside = client.create_model_version(name, "s3://bucket/model", await_creation_for=0)
    assert outside.status == "PENDING_REGISTRATION"
    assert "source is outside the platform" in outside.status_message
    assert client.get_model_version_download_uri(name, "1") == "s3://bucket/model"
    client.update_model_version(name, "1", "Elsewhere")
    client.set_model_version_tag(name, "1", "b", "2")
    moved = client.transition_model_version_stage(name, "1", "staging")
    assert (moved.current_stage, moved.description, moved.tags) == ("Staging", "Elsewhere", {"b": "2"})
    assert [one.version for one in client.get_latest_versions(name, ["Staging"])] == ["1"]
    assert client.get_latest_versions(name, ["Production"]) == []
    client.create_model_version(name, "s3://bucket/model-2", await_creation_for=0)
    client.transition_model_version_stage(name, "2", "Staging", archive_existing_versions=True)
    assert {one.version: one.current_stage for one in client.search_model_versions(f"name='{name}'")} == {
        "1": "Archived",
        "2": "Staging",
    }
    client.delete_model_version_tag(name, "1", "b")
    client.delete_registered_model_tag(name, "a")
    assert client.get_registered_model(name).tags == OWNER

    client.delete_model_version(name, "2")
    assert client.create_model_version(name, "s3://bucket/model-3", await_creation_for=0).version == "3"
    client.rename_registered_model(name, f"{name}-new")
    assert client.get_registered_model(f"{name}-new").tags == OWNER
    client.delete_registered_model(f"{name}-new")
    with refused("RESOURCE_DOES_NOT_EXIST", "not found"):
        client.get_registered_model(f"{name}-new")


def test_search_filters_orders_and_pages(client: MlflowClient, name: str) -> None:
    for number in range(5):
        client.create_registered_model(f"{name}-{number}", tags={**OWNER, "group": name, "odd": str(number % 2)})

    def names(filter_string: str, **options: Any) -> list[str]:
        return [one.name[-1] for one in client.search_registered_models(filter_string, **options)]

    assert names(f"name LIKE '{name}%'") == ["0", "1", "2", "3", "4"]
    assert names(f"name LIKE '{name.upper()}%'") == []
    assert names(f"name ILIKE '{name.upper()}%'", order_by=["name DESC"]) == ["4", "3", "2", "1", "0"]
    assert names(f"tags.group = '{name}' AND tags.odd != '0'", order_by=["timestamp DESC"]) == ["3", "1"]
    assert names(f"name IN ('{name}-2', 'nope')") == ["2"]
    first = client.search_registered_models(f"tags.group = '{name}'", max_results=2)
    rest = client.search_registered_models(f"tags.group = '{name}'", max_results=3, page_token=first.token)
    assert [one.name[-1] for one in [*first, *rest]] == ["0", "1", "2", "3", "4"]
    assert not rest.token
    for wrong, words in (
        ("foo = '1'", "Invalid attribute key 'foo'"),
        ("name = m", "not quoted"),
        (f"name = '{name}' OR name = 'x'", r"Invalid clause\(s\)"),
    ):
        with refused("INVALID_PARAMETER_VALUE", words):
            client.search_registered_models(wrong)
    with refused("INVALID_PARAMETER_VALUE", "Invalid order by key 'creation_timestamp'"):
        client.search_registered_models(order_by=["creation_timestamp"])
    with refused("INVALID_PARAMETER_VALUE", "Invalid page token"):
        client.search_registered_models(page_token="zzz")


def test_a_version_is_copied_with_its_files(client: MlflowClient, name: str, log_iris: Log, iris: Any) -> None:
    _, measures, _ = iris
    with mlflow.start_run():
        log_iris(registered_model_name=name, metadata=OWN_METADATA)
    copied = client.copy_model_version(f"models:/{name}/1", f"{name}-copy")
    assert copied.source == f"models:/{name}/1"
    loaded = mlflow.pyfunc.load_model(f"models:/{name}-copy/{copied.version}")
    assert loaded.predict(measures.tail(1)).tolist() == [2]


def test_prompts_are_registered_found_and_loaded(client: MlflowClient, name: str) -> None:
    prompt = mlflow.genai.register_prompt(
        name,
        "Answer {{ question }} for {{ audience }}",
        commit_message="Answers questions of visitors",
        tags={
            **METADATA,
            **OWNER,
            "metadata.description": "Answers questions of visitors",
            **PROMPT_METADATA,
        },
    )
    assert prompt.version == 1
    mlflow.genai.set_prompt_alias(name, "production", 1)
    loaded = mlflow.genai.load_prompt(f"prompts:/{name}@production")
    assert loaded.format(question="why", audience="all") == "Answer why for all"
    assert mlflow.genai.load_prompt(f"prompts:/{name}@latest").version == 1
    assert name in [one.name for one in mlflow.genai.search_prompts(max_results=1000)]
    # Prompts are among the models only where they are asked for.
    assert client.search_registered_models(f"name = '{name}'") == []
    with pytest.raises(MlflowException, match="already taken by a prompt"):
        client.create_registered_model(name)


#: What only prompts must say.
PROMPT_METADATA = {"metadata.modelFamily": "any", "metadata.language": "en"}


def test_nobody_sees_or_changes_what_is_not_theirs(
    client: MlflowClient, name: str, log_iris: Log, acting: Callable[..., None]
) -> None:
    with mlflow.start_run() as run:
        info = log_iris(registered_model_name=name, metadata=OWN_METADATA)
    experiment = run.info.experiment_id
    waiting = f"{name}-waiting"
    client.create_registered_model(waiting, tags=OWNER)
    mlflow.register_model(info.model_uri, waiting, await_registration_for=0, tags={"metadata.risk": "high"})

    acting(MLFLOW_TRACKING_TOKEN=READER)
    assert client.get_model_version(name, "1").status == "READY"
    # Who may not publish there sees no unfinished versions.
    assert client.search_model_versions(f"name = '{waiting}'") == []
    with refused("PERMISSION_DENIED", "right to update"):
        client.set_registered_model_tag(name, "a", "1")
    with refused("PERMISSION_DENIED", "right to publish"):
        client.create_model_version(name, info.model_uri, model_id=info.model_id)
    with refused("PERMISSION_DENIED", "right to publish"):
        client.log_metric(run.info.run_id, "a", 1)

    acting(MLFLOW_TRACKING_TOKEN=OTHER)
    for call in (
        lambda: client.get_registered_model(name),
        lambda: client.get_model_version(name, "1"),
        lambda: client.get_model_version_download_uri(name, "1"),
        lambda: client.get_run(run.info.run_id),
        lambda: client.get_experiment(experiment),
        lambda: client.get_logged_model(info.model_id),
        lambda: client.log_metric(run.info.run_id, "a", 1),
    ):
        with pytest.raises(RestException) as raised:
            call()
        assert raised.value.error_code == "RESOURCE_DOES_NOT_EXIST"
    assert client.search_registered_models(f"name LIKE '{name}%'") == []
    assert client.search_model_versions(f"name = '{name}'") == []
    assert client.search_runs([experiment]) == []
    assert client.search_experiments(filter_string="name = 'botany'") == []
    with pytest.raises(Exception, match="404|No Experiment"):
        mlflow.artifacts.list_artifacts(f"mlflow-artifacts:/{experiment}/{run.info.run_id}/artifacts")
    with refused("RESOURCE_ALREADY_EXISTS", f"The name {name} is taken"):
        client.create_registered_model(name, tags={"metadata.owner": "group:default/care-analytics"})


def test_the_system_is_the_tags_else_the_workspaces_else_the_only_one(
    client: MlflowClient, name: str, acting: Callable[..., None]
) -> None:
    acting(MLFLOW_TRACKING_TOKEN=TWO_SYSTEMS)
    with refused("INVALID_PARAMETER_VALUE", "not clear to which system.*metadata.system.*MLFLOW_WORKSPACE"):
        client.create_registered_model(name)
    client.create_registered_model(f"{name}-tagged", tags={"metadata.system": "patient-care"})
    acting(MLFLOW_WORKSPACE="plant-catalogue")
    client.create_registered_model(f"{name}-workspace")
    found = client.search_registered_models(f"name LIKE '{name}-%'")
    assert [one.name for one in found] == [f"{name}-workspace"]
    acting(MLFLOW_WORKSPACE=None)
    assert len(client.search_registered_models(f"name LIKE '{name}-%'")) == 2


def test_the_token_may_be_a_password(client: MlflowClient, name: str, acting: Callable[..., None]) -> None:
    token = os.environ["MLFLOW_TRACKING_TOKEN"]
    acting(MLFLOW_TRACKING_TOKEN=None, MLFLOW_TRACKING_USERNAME="anybody", MLFLOW_TRACKING_PASSWORD=token)
    assert client.create_registered_model(name).name == name
    acting(MLFLOW_TRACKING_PASSWORD="wrong-wrong-wrong-wrong")
    with pytest.raises(MlflowException, match="401|UNAUTHENTICATED|not valid|token"):
        client.get_registered_model(name)
    acting(MLFLOW_TRACKING_USERNAME=None, MLFLOW_TRACKING_PASSWORD=None)
    with pytest.raises(MlflowException, match="Nobody is signed in"):
        client.get_registered_model(name)


def test_runs_are_found_by_what_was_logged(client: MlflowClient, name: str) -> None:
    experiment = client.create_experiment(name, tags={"season": "spring"})
    for depth, accuracy in ((3, 0.7), (5, 0.9)):
        with mlflow.start_run(experiment_id=experiment, run_name=f"depth-{depth}"):
            mlflow.log_param("depth", depth)
            mlflow.log_metric("accuracy", accuracy)

    def names(filter_string: str, **options: Any) -> list[str]:
        return [run.info.run_name for run in client.search_runs([experiment], filter_string, **options)]

    assert names("metrics.accuracy > 0.8 AND params.depth = '5'") == ["depth-5"]
    assert names("attributes.run_name LIKE 'depth-%'", order_by=["metrics.accuracy ASC"]) == ["depth-3", "depth-5"]
    found = client.search_experiments(filter_string="tags.season = 'spring'", order_by=["creation_time DESC"])
    assert found[0].name == name
    with refused("INVALID_PARAMETER_VALUE", "Invalid entity type 'nothing'"):
        names("nothing.depth = '5'")


@pytest.mark.parametrize("in_parts", ["false", "true"])
def test_a_large_file_goes_through_whole(
    client: MlflowClient, tmp_path: Any, acting: Callable[..., None], in_parts: str
) -> None:
    acting(MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD=in_parts, MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE="100000000")
    content = os.urandom(1024 * 1024) * 120
    (tmp_path / "weights.bin").write_bytes(content)
    with mlflow.start_run() as run:
        mlflow.log_artifact(str(tmp_path / "weights.bin"))
    there = mlflow.artifacts.download_artifacts(
        run_id=run.info.run_id, artifact_path="weights.bin", dst_path=str(tmp_path / "back")
    )
    with open(there, "rb") as file:
        assert file.read() == content


def test_what_is_no_part_of_the_api_says_so() -> None:
    with pytest.raises(urllib.error.HTTPError) as raised:
        urllib.request.urlopen(f"{os.environ['MLFLOW_TRACKING_URI']}/api/2.0/mlflow/nope")
    assert raised.value.code == 404
    assert b"ENDPOINT_NOT_FOUND" in raised.value.read()
