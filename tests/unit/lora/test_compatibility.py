"""Which base models a LoRA fits."""

from __future__ import annotations

import pytest

from ai_video.domain.entities import LoraAsset
from ai_video.lora import compatibility

SDXL = {"architecture": "sdxl", "families": ["sdxl"], "certainty": "sure"}
LIKELY = {
    "architecture": "flux", "families": ["flux"], "certainty": "likely", "alternatives": ["chroma"],
}  # fmt: skip
WAN = {"architecture": "wan_14b", "families": ["wan21"], "certainty": "sure"}


@pytest.mark.parametrize(
    ("metadata", "said", "asked", "answer", "reason"),
    [
        (SDXL, "SDXL 1.0", "sdxl", "yes", "same_base_model"),
        (SDXL, "my own checkpoint", "Illustrious", "yes", "same_base_model"),
        (SDXL, "", "sd15", "no", "other_base_model"),
        (SDXL, "SD 1.5", "sd15", "no", "other_base_model"),
        (LIKELY, "", "FLUX.1", "yes", "probably_same"),
        (LIKELY, "FLUX.1", "chroma", "unknown", "lora_unclear"),
        (LIKELY, "FLUX.1 dev", "chroma", "no", "other_base_model"),
        (LIKELY, "Chroma", "flux", "no", "other_base_model"),
        ({}, "Wan 2.2", "wan22", "yes", "probably_same"),
        ({}, "SD 1.5", "sd_1.5", "yes", "probably_same"),
        ({}, "", "sdxl", "unknown", "lora_unclear"),
        ({}, "wan", "Wan 2.1 1.3B", "unknown", "lora_unclear"),
        (WAN, "", "Wan 2.2 14B", "yes", "other_version"),
        (WAN, "", "wan22", "unknown", "asked_unclear"),
        (WAN, "", "Wan 2.2 5B", "no", "other_base_model"),
        (SDXL, "", "something else", "unknown", "asked_unknown"),
    ],
)
def test_a_lora_fits_models_of_its_architecture(
    metadata: dict[str, object], said: str, asked: str, answer: str, reason: str
) -> None:
    lora = LoraAsset.fresh(name="x", type="character", base_model=said, metadata=metadata)
    fit = compatibility(lora, asked)
    assert (fit.answer, fit.reason) == (answer, reason)


def test_another_file_of_the_same_model_is_refused_where_both_hashes_are_known() -> None:
    lora = LoraAsset.fresh(name="x", type="style", metadata=SDXL, base_model_hash="31e35c80fc4a")
    assert compatibility(lora, "sdxl", base_model_hash="31E35C80FC4A" + "0" * 52).answer == "yes"
    assert compatibility(lora, "sdxl", base_model_hash="").answer == "yes"
    other = compatibility(lora, "sdxl", base_model_hash="f" * 64)
    assert (other.answer, other.reason) == ("no", "other_base_hash")
