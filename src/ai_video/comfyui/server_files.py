"""Files on a ComfyUI server: its models, uploads, downloads and LoRAs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from pydantic import JsonValue

from ai_video.comfyui import loras
from ai_video.comfyui.address import ServerAddress
from ai_video.comfyui.answers import Uploaded, ask_features, ask_names, read_answer
from ai_video.comfyui.connection import Connection
from ai_video.comfyui.outputs import FileType, OutputFile
from ai_video.comfyui.transfer import Downloaded, copy_whole, save, sha256_of
from ai_video.errors import ConfigurationFailure, TransientFailure

_LARGE_UPLOAD: Final = 50 * 1024 * 1024


class ServerFiles:
    """The folders of one server; `changed` is called when the choices of its nodes have become
    others. Every method may raise what `Connection` names."""

    def __init__(
        self,
        connection: Connection,
        address: ServerAddress,
        *,
        upload_s: float,
        changed: Callable[[], None],
    ) -> None:
        self.url: Final = connection.url
        self._address = address
        self._connection = connection
        self._upload_s = upload_s
        self._changed = changed

    async def model_folders(self) -> tuple[str, ...]:
        """Names of the folders below `models`."""
        return await ask_names(self._connection, "/models")

    async def models(self, folder: str) -> tuple[str, ...]:
        """File names in a models folder, as the server writes them; no such folder: none."""
        return await ask_names(self._connection, f"/models/{folder}")

    async def upload(
        self,
        source: Path,
        *,
        name: str | None = None,
        subfolder: str = "",
        folder: FileType = "input",
        overwrite: bool = False,
    ) -> Uploaded:
        """Put a file into one of the server's folders; pictures, sounds, clips and texts alike.

        Without `overwrite` a different file of the same name stays, and the new one gets another:
        always use what is returned.

        Raises:
            ConfigurationFailure: `comfyui_upload_refused`.
        """
        data = {"type": folder, "subfolder": subfolder}
        if overwrite:
            data["overwrite"] = "true"
        return await self._upload("/upload/image", source, name or source.name, data)

    async def upload_mask(self, source: Path, *, original: OutputFile, name: str) -> Uploaded:
        """Put a mask there: the alpha of `source` laid over a picture that the server has."""
        reference = json.dumps(original.query)
        data = {"type": "input", "subfolder": "", "original_ref": reference}
        return await self._upload("/upload/mask", source, name, data)

    async def download(self, file: OutputFile, target: Path) -> Downloaded:
        """Fetch a file to `target`, which shows only all of it.

        Raises:
            TransientFailure: `comfyui_file_missing` (moved or cleared, though a history names it),
                `comfyui_download_broken`.
            ResourceFailure: `disk_full`.
        """
        async with self._connection.download("/view", file.query) as response:
            if not response.is_success:
                raise TransientFailure("comfyui_file_missing", url=self.url, name=file.place)
            expected = response.headers.get("Content-Length")
            encoded = "Content-Encoding" in response.headers
            got = await save(response.aiter_bytes(), target)
        if expected and not encoded and got.size != int(expected):
            await asyncio.to_thread(target.unlink)
            raise TransientFailure(
                "comfyui_download_broken",
                url=self.url,
                name=file.place,
                size=got.size,
                expected=int(expected),
            )
        return got

    async def trained_loras(
        self, prompt: Mapping[str, JsonValue], *, before: tuple[str, ...] | None = None
    ) -> tuple[OutputFile, ...]:
        """The files that a finished prompt's SaveLoRA nodes wrote and did not report.

        Args:
            before: `models("loras")` from before it was sent, where its prefix is not its own.
        """
        return loras.trained_files(prompt, await self.models(loras.FOLDER), before=before)

    async def deliver_lora(self, source: Path, *, name: str, sha256: str | None = None) -> str:
        """Bring a LoRA to the server unless it is there; its name there, to put into the graph.

        Goes into the shared models folder where the address names one, else by upload.

        Raises:
            ConfigurationFailure: `comfyui_lora_unsafe`, `comfyui_upload_refused`,
                `comfyui_lora_not_listed`.
        """
        await asyncio.to_thread(loras.require_safetensors, source, name=name)
        wanted = loras.delivered_name(name, sha256 or await asyncio.to_thread(sha256_of, source))
        if there := await self._listed_lora(wanted):
            return there
        if self._address.models_folder:
            target = self._address.models_folder / loras.FOLDER / wanted
            await asyncio.to_thread(copy_whole, source, target)
        else:
            data = {"type": "output", "subfolder": loras.FOLDER, "overwrite": "true"}
            wanted = (await self._upload("/upload/image", source, wanted, data)).name
        if there := await self._listed_lora(wanted):
            self._changed()
            return there
        raise ConfigurationFailure("comfyui_lora_not_listed", url=self.url, name=wanted)

    async def _listed_lora(self, wanted: str) -> str | None:
        for name in await self.models(loras.FOLDER):
            if PurePosixPath(name.replace("\\", "/")).name == wanted:
                return name
        return None

    async def _upload(
        self, path: str, source: Path, name: str, data: Mapping[str, str]
    ) -> Uploaded:
        size = (await asyncio.to_thread(source.stat)).st_size
        if size > _LARGE_UPLOAD:
            limit = (await ask_features(self._connection)).max_upload_size
            if limit and size > limit:
                reason = f"{size // 2**20} MB, the server takes {limit // 2**20} MB"
                raise ConfigurationFailure(
                    "comfyui_upload_refused", url=self.url, name=name, reason=reason
                )
        file = await asyncio.to_thread(source.open, "rb")
        try:
            answer = await self._connection.ask(
                "POST",
                path,
                data=data,
                files={"image": (name, file, "application/octet-stream")},
                timeout_s=self._upload_s,
            )
        finally:
            await asyncio.to_thread(file.close)
        if answer.status != 200:
            reason = f"HTTP {answer.status} {answer.text}".strip()
            raise ConfigurationFailure(
                "comfyui_upload_refused", url=self.url, name=name, reason=reason
            )
        return read_answer(
            Uploaded, self._connection.read_json(answer), path=path, connection=self._connection
        )
