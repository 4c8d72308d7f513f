"""Files: blobs by content hash, what a media file is, thumbnails, FFmpeg, the AI-content label.

Entry points: `LocalBlobs` and `S3Blobs` (domain.ports.BlobStore), `probe`, `thumbnail`,
`run_ffmpeg`, `label_file` / `read_label`, `FileCache`. May import domain, settings, errors.
Test double: `LocalBlobs` on a temporary folder; S3 is tested against moto in its own process.
"""

from ai_video.assets.ffmpeg import ffmpeg_path, ffmpeg_version, file_arg, run_ffmpeg
from ai_video.assets.file_cache import FileCache
from ai_video.assets.label import (
    AigcLabel,
    ffmpeg_label_args,
    label_file,
    label_tags,
    read_label,
)
from ai_video.assets.local_blobs import LocalBlobs
from ai_video.assets.media import MediaFacts, probe, read_media
from ai_video.assets.s3_blobs import S3Blobs
from ai_video.assets.thumbnail import thumbnail
from ai_video.assets.writing import hash_file, replacing

__all__ = [
    "AigcLabel",
    "FileCache",
    "LocalBlobs",
    "MediaFacts",
    "S3Blobs",
    "ffmpeg_label_args",
    "ffmpeg_path",
    "ffmpeg_version",
    "file_arg",
    "hash_file",
    "label_file",
    "label_tags",
    "probe",
    "read_label",
    "read_media",
    "replacing",
    "run_ffmpeg",
    "thumbnail",
]
